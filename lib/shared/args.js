// The arguments of a job as JSON text, within their limit. Plain JavaScript, without modules of Node.

import { EramError } from './errors.js'
import { argsToJson } from './json.js'

/** Default of the engine option max_args_bytes, for enqueues without an engine. */
export const MAX_ARGS_BYTES = 1024 * 1024

/**
 * @param {unknown} args
 * @param {string} subject
 * @param {number} [limit]  bytes
 */
export function argsText(args, subject, limit = MAX_ARGS_BYTES) {
  const text = argsToJson(args, subject)
  // A UTF-16 unit is at most three bytes of UTF-8, so the bytes of short texts need not be counted.
  const bytes = text.length * 3 > limit ? bytesOf(text) : 0
  if (bytes <= limit) return text
  const hint = 'keep the data elsewhere and pass a reference, or raise max_args_bytes'
  throw new EramError('ERAM_JOB', `${subject}: expected at most ${limit} bytes, got ${bytes}; ${hint}`)
}

/**
 * The length of a text in UTF-8.
 * @param {string} text
 */
export function bytesOf(text) {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    // Each half of a surrogate pair counts for two bytes.
    if (unit > 0x7f) bytes += unit < 0x800 || (unit & 0xf800) === 0xd800 ? 1 : 2
  }
  return bytes
}
