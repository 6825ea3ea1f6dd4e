// Loads the native addon. The only file that imports lib/native.cjs.

import { createRequire } from 'node:module'
import { EramError } from '../shared/errors.js'

/** @typedef {typeof import('../native.cjs')} Native */

/** @type {Native} */
export const native = load()

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
