// The one door to the addon. Nothing else imports lib/native.cjs.

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
      'ERAM_LOAD',
      `native addon: expected one for ${system}, could not load any; in a checkout run \`npm run build\`, ` +
        'else install eramjs on this very platform and with its optional dependencies',
      { cause },
    )
  }
}
