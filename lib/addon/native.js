// The native addon, loaded with its first use and once for all copies of this package: importing eramjs and registering job classes
// does not load it.

import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { EramError } from '../shared/errors.js'
import { inFirstCopy, state } from '../shared/global-state.js'

/** @typedef {import('./load.js').Native} Native */

/** How each bundler leaves eramjs out; docs/guides/bundling.md has the details. */
const EXTERNAL = `
  esbuild  --external:eramjs
  Bun      --external eramjs
  Next.js  serverExternalPackages: ['eramjs']
  Vite     ssr: { external: ['eramjs'] }
  Rollup   external: ['eramjs']
  webpack  externals: { eramjs: 'commonjs eramjs' }`

/** That of the copy of this package that was loaded first. @returns {Native} */
export function native() {
  state.native ??= loader().load()
  return state.native
}

/** Whether the addon is loaded. */
export const isLoaded = () => state.native !== undefined

/** The number of the registry with the classes of this environment. In a job isolate, that of the engine's environment. */
export function registry() {
  state.registry ||= native().newRegistry()
  return state.registry
}

/**
 * load.js as CommonJS, which the build makes: an ES module cannot be loaded at once. That of the copy of this package that was loaded
 * first, whose job threads load the same addon.
 * @returns {typeof import('./load.js')}
 */
function loader() {
  try {
    return createRequire(import.meta.url)(fileURLToPath(inFirstCopy(new URL('./load.cjs', import.meta.url))))
  } catch (cause) {
    // Where a bundler has copied this code to, there is no such file.
    throw inBundle(import.meta.url, cause)
  }
}

/** This code is not in its own folder, but where a bundler put it. @param {string | undefined} place @param {unknown} cause */
function inBundle(place, cause) {
  const file = place?.startsWith('file:') ? fileURLToPath(place) : 'a bundle'
  return new EramError(
    'ERAM_ADDON',
    'native addon: expected eramjs to be loaded from its own folder in node_modules, got its code in a bundle ' +
      `(${file}); leave eramjs out of the bundle, and install it where the bundle runs:${EXTERNAL}`,
    { cause },
  )
}
