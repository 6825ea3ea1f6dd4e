// Loads the native addon, once for all copies of this package. The only file that imports lib/native.cjs.

import { createRequire } from 'node:module'
import { EramError } from '../shared/errors.js'
import { state } from '../shared/global-state.js'

/** @typedef {typeof import('../native.cjs')} Native */

/** That of the copy of this package that was loaded first. @type {Native} */
export const native = state.native ?? load()
state.native = native

/** The number of the registry with the classes of this environment. In a job isolate, that of the engine's environment. */
export function registry() {
  state.registry ||= native.newRegistry()
  return state.registry
}

/** @returns {Native} */
function load() {
  try {
    return createRequire(import.meta.url)('../native.cjs')
  } catch (cause) {
    const system = `${process.platform}-${process.arch}, Node ${process.versions.node}`
    throw new EramError(
      'ERAM_ADDON',
      `native addon: expected one for ${system}, could not load any; in a checkout run \`npm run build\`, ` +
        'otherwise install eramjs on this platform, with its optional dependencies',
      { cause },
    )
  }
}
