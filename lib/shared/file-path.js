// Paths of files that users name: of job classes, of drivers.

import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EramError } from './errors.js'
import { shorten } from './text.js'
import { invalid } from './validate.js'

/** @import { EramErrorCode } from '../../index.js' */

/**
 * Converts a path or a file: URL into an absolute path of a file that exists.
 * @param {unknown} given
 * @param {string} subject
 * @param {EramErrorCode} code
 * @returns {string}
 */
export function filePath(given, subject, code) {
  if (given === undefined) {
    throw new EramError(
      code,
      `${subject}: expected a path, got undefined; import.meta.filename needs an ES module and Node 20.11 or later, CommonJS has __filename; ` +
        'in a bundle, which may have neither, give the path of a second entry point, or null if it only enqueues',
    )
  }
  if (typeof given !== 'string' && !isUrl(given)) throw invalid(code, subject, 'a path or a file: URL', given)
  const text = String(given)
  const path = text.startsWith('file:') ? fileURLToPath(text) : text
  if (!isAbsolute(path)) throw invalid(code, subject, 'an absolute path or a file: URL', text)
  if (!existsSync(path)) {
    const hint = 'in a bundle, give the path of a file that the bundler emits'
    throw new EramError(code, `${subject}: expected a file that exists, got ${JSON.stringify(shorten(path, 200))}; ${hint}`)
  }
  return path
}

/** Not by instanceof: a test runner may bring a URL of its own. @param {unknown} value */
function isUrl(value) {
  const { href, protocol } = /** @type {Partial<URL>} */ (value ?? {})
  return typeof href === 'string' && typeof protocol === 'string'
}
