// Serializes what a job returned or threw, within the size limits of the engine. Nothing in here throws, whatever it is given:
// a result that cannot be stored is dropped, and the outcome remains. The engine replaces what PostgreSQL cannot store (NUL,
// lone surrogates) and truncates to the exact number of bytes.

import { jsonWithin, TooLong } from './bounded-json.js'
import { affordable, clip } from './heap.js'
import { isLarge } from './size.js'
import { SAFE_LENGTH } from './text.js'

/** @typedef {{ text: string } | { problem: string } | undefined} StoredResult  undefined: nothing to store */
/** @typedef {{ name: string, message: string, stack?: string, code?: string, kind?: string, cause?: ErrorEntry }} ErrorEntry */

/** Causes of an error that are stored, one below the other. */
const MAX_CAUSES = 4
/** UTF-16 units of a text of an uncaught error that is too long. */
const MAX_TEXT = 4096
/** Errors of an AggregateError that its message lists. */
const MAX_AGGREGATED = 5

/**
 * @param {unknown} value
 * @param {number} maxBytes
 * @returns {StoredResult}
 */
export function storeResult(value, maxBytes) {
  const most = affordable(maxBytes)
  let text
  try {
    text = jsonWithin(value, most)
  } catch (error) {
    if (error instanceof TooLong) return { problem: tooLong(maxBytes, most) }
    return { problem: `result: expected a value that JSON can hold, ${clip(firstLine(read(error, 'message')), 200)}` }
  }
  if (text === undefined) {
    return value === undefined ? undefined : { problem: `result: expected a value that JSON can hold, got a ${typeof value}` }
  }
  // A UTF-16 unit is at most three bytes of UTF-8, so the bytes of short texts need not be counted.
  const bytes = text.length * 3 <= maxBytes ? 0 : Buffer.byteLength(text)
  if (bytes > maxBytes) return { problem: `result: expected at most ${maxBytes} bytes (max_result_bytes), got ${bytes}` }
  return { text }
}

/** @param {number} maxBytes @param {number} most  characters that were written at most */
function tooLong(maxBytes, most) {
  if (most >= maxBytes) return `result: expected at most ${maxBytes} bytes (max_result_bytes), got more than ${most} characters`
  return `result: expected at most ${most} characters, for which the heap has room, got more; raise resource_limits of its queue`
}

/**
 * The entry of a failed attempt in the job's `errors`.
 * @param {unknown} thrown
 * @param {number} maxBytes
 * @param {string} [kind]
 * @returns {ErrorEntry}
 */
export function errorEntry(thrown, maxBytes, kind) {
  const entry = describe(thrown, maxBytes, 0, new Set())
  if (kind !== undefined) entry.kind = kind
  return entry
}

/**
 * @param {unknown} thrown
 * @param {number} maxBytes
 * @param {number} depth
 * @param {Set<unknown>} seen
 * @returns {ErrorEntry}
 */
function describe(thrown, maxBytes, depth, seen) {
  if ((typeof thrown !== 'object' && typeof thrown !== 'function') || thrown === null) {
    return { name: 'NonError', message: clip(`a job threw ${textOf(thrown)}`, maxBytes / 2) }
  }
  seen.add(thrown)
  const name = read(thrown, 'name')
  const message = read(thrown, 'message')
  /** @type {ErrorEntry} */
  const entry = {
    name: clip(name || errorName(thrown), 200),
    message: clip(message || fallbackMessage(thrown), maxBytes / 2),
  }
  const list = aggregated(thrown)
  if (list) entry.message = clip(`${entry.message} (${list})`, maxBytes / 2)
  const code = read(thrown, 'code')
  if (code) entry.code = clip(code, 100)
  const stack = frames(read(thrown, 'stack'))
  // Half of the space is for the message, a quarter for the stack, the rest for the causes.
  if (stack) entry.stack = clip(stack, maxBytes / 4)
  const cause = get(thrown, 'cause')
  if (cause !== undefined && depth < MAX_CAUSES && !seen.has(cause)) {
    entry.cause = describe(cause, maxBytes / 4, depth + 1, seen)
  }
  return entry
}

/**
 * The first errors of an AggregateError, for its message.
 * @param {object} thrown
 */
function aggregated(thrown) {
  const errors = get(thrown, 'errors')
  try {
    if (!Array.isArray(errors) || errors.length === 0) return ''
    const first = errors.slice(0, MAX_AGGREGATED).map((error) => clip(headline(error), 300))
    const more = errors.length - first.length
    return `${first.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
  } catch {
    return ''
  }
}

/**
 * Summarizes any thrown value in one line.
 * @param {unknown} thrown
 * @returns {string}
 */
export function headline(thrown) {
  if ((typeof thrown !== 'object' && typeof thrown !== 'function') || thrown === null) return clip(textOf(thrown), 500)
  const name = read(thrown, 'name') || errorName(thrown)
  const message = read(thrown, 'message')
  return clip(firstLine(message ? `${clip(name, 200)}: ${clip(message, 500)}` : name), 500)
}

/**
 * Cuts the texts of an error, and takes from it what is too large to be copied. Node.js copies an uncaught error for the parent of a
 * thread.
 * @param {unknown} thrown
 */
export function shortenError(thrown, depth = 0) {
  if (!(thrown instanceof Error) || depth > MAX_CAUSES) return
  for (const key of new Set([...Object.getOwnPropertyNames(thrown), 'name', 'message', 'stack'])) {
    try {
      const value = get(thrown, key)
      if (value instanceof Error) shortenError(value, depth + 1)
      else if (isLarge(value)) Object.defineProperty(thrown, key, { value: typeof value === 'string' ? clip(value, MAX_TEXT) : undefined })
    } catch {
      // A frozen error stays as it is.
    }
  }
}

/**
 * Reduces an EramError to code and message, to cross between threads and processes; any other error becomes ERAM_LOAD.
 * @param {unknown} error
 * @returns {{ code: any, message: string }}
 */
export function portableError(error) {
  const code = get(error, 'code')
  return {
    code: typeof code === 'string' && code.startsWith('ERAM_') ? code : 'ERAM_LOAD',
    message: clip(read(error, 'message'), SAFE_LENGTH) || headline(error),
  }
}

/** @param {unknown} value */
function textOf(value) {
  if (typeof value === 'string') return JSON.stringify(clip(value, 500))
  if (typeof value === 'bigint') return BigInt.asIntN(256, value) === value ? `${value}n` : 'a BigInt of more than 256 bits'
  return String(value)
}

/** @param {object} thrown */
function errorName(thrown) {
  try {
    const name = Object.getPrototypeOf(thrown)?.constructor?.name
    return typeof name === 'string' && name !== '' ? name : 'Error'
  } catch {
    return 'Error'
  }
}

/**
 * The message for a thrown object that has none.
 * @param {object} thrown
 */
function fallbackMessage(thrown) {
  try {
    if (thrown instanceof Error) return '(no message)'
    if (typeof thrown === 'function') return 'a job threw a function'
    return `a job threw ${clip(String(jsonWithin(thrown, SAFE_LENGTH)), 500)}`
  } catch {
    return 'a job threw a value that cannot be shown'
  }
}

/** @param {unknown} thrown @param {string} key @returns {unknown} */
function get(thrown, key) {
  try {
    return /** @type {Record<string, unknown>} */ (thrown)[key]
  } catch {
    return undefined
  }
}

/** @param {unknown} thrown @param {string} key */
function read(thrown, key) {
  const value = get(thrown, key)
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

/**
 * The stack without the message that V8 puts in front of it, because the entry has the message.
 * @param {string} stack
 */
function frames(stack) {
  if (stack.length > affordable(stack.length)) return ''
  const start = stack.search(/^ {4}at /m)
  return start < 0 ? '' : stack.slice(start)
}

/** @param {string} text */
function firstLine(text) {
  const start = clip(text, 4096)
  const end = start.indexOf('\n')
  return end < 0 ? start : start.slice(0, end)
}
