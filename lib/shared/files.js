// Files that users name: of job classes, of drivers.

import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EramError, shown } from './errors.js'

/** @import { EramErrorCode } from '../../index.js' */

/**
 * An absolute path from a path or a file: URL.
 * @param {unknown} given
 * @param {string} subject
 * @param {EramErrorCode} code
 * @returns {string}
 */
export function filePath(given, subject, code) {
  if (given === undefined) {
    throw new EramError(
      code,
      `${subject}: expected a path, got undefined; import.meta.filename needs an ES module and Node 20.11 or later, CommonJS has __filename`,
    )
  }
  if (typeof given !== 'string' && !(given instanceof URL)) {
    throw new EramError(code, `${subject}: expected a path or a file: URL, got ${shown(given)}`)
  }
  const text = String(given)
  const path = text.startsWith('file:') ? fileURLToPath(text) : text
  if (!isAbsolute(path)) throw new EramError(code, `${subject}: expected an absolute path or a file: URL, got ${shown(text)}`)
  if (!existsSync(path)) throw new EramError(code, `${subject}: expected a file that exists, got ${shown(path)}`)
  return path
}
