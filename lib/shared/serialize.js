// Turns what a job returned or threw into text for the engine, short enough to cross. Nothing in here throws, whatever it is
// given: a result that cannot be stored costs the result, never the outcome. The engine mends what PostgreSQL refuses (NUL,
// lone surrogates) and cuts to the byte.

/** @typedef {{ text: string } | { problem: string } | undefined} StoredResult  undefined: there is nothing to store */
/** @typedef {{ name: string, message: string, stack?: string, code?: string, kind?: string, cause?: ErrorEntry }} ErrorEntry */

const CAUSE_DEPTH = 4
const AGGREGATE_SHOWN = 5

/**
 * @param {unknown} value
 * @param {number} maxBytes
 * @returns {StoredResult}
 */
export function storeResult(value, maxBytes) {
  let text
  try {
    text = JSON.stringify(value)
  } catch (error) {
    return { problem: `result: expected a value that JSON can hold, ${clip(firstLine(read(error, 'message')), 200)}` }
  }
  if (text === undefined) {
    return value === undefined ? undefined : { problem: `result: expected a value that JSON can hold, got a ${typeof value}` }
  }
  // A UTF-16 unit is at most three bytes of UTF-8, so short texts need no count.
  const bytes = text.length * 3 <= maxBytes ? 0 : Buffer.byteLength(text)
  if (bytes > maxBytes) return { problem: `result: expected at most ${maxBytes} bytes (max_result_bytes), got ${bytes}` }
  return { text }
}

/**
 * The entry that a failed attempt leaves in `errors`.
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
    return { name: 'NonError', message: clip(`a job threw ${shown(thrown)}`, maxBytes / 2) }
  }
  seen.add(thrown)
  const name = read(thrown, 'name')
  const message = read(thrown, 'message')
  /** @type {ErrorEntry} */
  const entry = {
    name: clip(name || className(thrown), 200),
    message: clip(message || plain(thrown), maxBytes / 2),
  }
  const list = inner(thrown)
  if (list) entry.message = clip(`${entry.message} (${list})`, maxBytes / 2)
  const code = read(thrown, 'code')
  if (code) entry.code = clip(code, 100)
  const stack = frames(read(thrown, 'stack'))
  // Half for the message, a quarter for the stack, the rest for what caused it.
  if (stack) entry.stack = clip(stack, maxBytes / 4)
  const cause = get(thrown, 'cause')
  if (cause !== undefined && depth < CAUSE_DEPTH && !seen.has(cause)) {
    entry.cause = describe(cause, maxBytes / 4, depth + 1, seen)
  }
  return entry
}

/**
 * An AggregateError says little by itself; its first errors are shown in its message.
 * @param {object} thrown
 */
function inner(thrown) {
  const errors = get(thrown, 'errors')
  try {
    if (!Array.isArray(errors) || errors.length === 0) return ''
    const first = errors.slice(0, AGGREGATE_SHOWN).map((error) => clip(headline(error), 300))
    const more = errors.length - first.length
    return `${first.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
  } catch {
    return ''
  }
}

/**
 * One line about anything that can be thrown.
 * @param {unknown} thrown
 * @returns {string}
 */
export function headline(thrown) {
  if ((typeof thrown !== 'object' && typeof thrown !== 'function') || thrown === null) return clip(shown(thrown), 500)
  const name = read(thrown, 'name') || className(thrown)
  const message = read(thrown, 'message')
  return clip(firstLine(message ? `${name}: ${message}` : name), 500)
}

/**
 * An error of ours for the way between threads and processes, where classes are lost.
 * @param {unknown} error
 * @returns {{ code: any, message: string }}
 */
export function refusalOf(error) {
  const code = get(error, 'code')
  return {
    code: typeof code === 'string' && code.startsWith('ERAM_') ? code : 'ERAM_LOAD',
    message: read(error, 'message') || headline(error),
  }
}

/** @param {unknown} value */
function shown(value) {
  if (typeof value === 'string') return JSON.stringify(clip(value, 500))
  if (typeof value === 'bigint') return `${clip(String(value), 100)}n`
  return String(value)
}

/** @param {object} thrown */
function className(thrown) {
  try {
    const name = Object.getPrototypeOf(thrown)?.constructor?.name
    return typeof name === 'string' && name !== '' ? name : 'Error'
  } catch {
    return 'Error'
  }
}

/**
 * What was thrown instead of an Error, as far as it can be shown.
 * @param {object} thrown
 */
function plain(thrown) {
  try {
    if (thrown instanceof Error) return '(no message)'
    if (typeof thrown === 'function') return 'a job threw a function'
    return `a job threw ${clip(JSON.stringify(thrown), 500)}`
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
 * The stack without the message that V8 writes in front of it, which the entry has already.
 * @param {string} stack
 */
function frames(stack) {
  const start = stack.search(/^ {4}at /m)
  return start < 0 ? '' : stack.slice(start)
}

/** @param {string} text */
function firstLine(text) {
  const end = text.indexOf('\n')
  return end < 0 ? text : text.slice(0, end)
}

/** @param {string} text @param {number} most */
function clip(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}
