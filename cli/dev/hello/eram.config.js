// The config of `eramjs dev` in a folder that has none: one job class, which greets.
import { fileURLToPath } from 'node:url'
import { defineConfig } from '../../../index.js'

export default defineConfig({
  jobs: [fileURLToPath(new URL('./hello.js', import.meta.url)).replaceAll('\\', '/')],
  queues: { default: 10 },
})
