// eramjs is a native addon with threads of its own, so it must stay outside of the bundle.
import type { NextConfig } from 'next'

const config: NextConfig = {
  serverExternalPackages: ['eramjs'],
}

export default config
