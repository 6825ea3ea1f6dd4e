// Texts for people: values are shortened, and secrets in them masked. `src/text.rs` does the same in Rust, by the same cases
// (`__test__/support/fixtures/secrets.json`).

/** What stands in place of a secret. */
const MASK = '•••'
/** The most characters of a value in a message. */
const MAX_SHOWN = 80

/** UTF-16 units of a text that may be read, joined, copied or written as JSON in any thread, however full its heap is. */
export const SAFE_LENGTH = 2 ** 20

/** The most characters of a value in the message of an error. */
const MAX_ECHOED = 200
/** The most characters of an address that are looked through. */
const MAX_ADDRESS = 4096

const SIGNS = /:\/\/|pass|pwd|secret|token|[%@]|PRIVATE KEY-/i
const KEY = /(-----BEGIN [A-Z ]*PRIVATE KEY-----)(?:(?!-----END|•••).)+/gs
const SECRET = /pass|pwd|secret|token/i
const HOSTS = /^(?:\[[^\]]*\]?|[^:[]*)(?::\d*)?[;.)'`]*$/
const QUOTES = ['\\"', "\\'", '"', "'", '`']

/**
 * Shortens a value so that a message fits on one line, and masks its secrets.
 * @param {string} text
 * @param {number} [most]  characters
 */
export function shorten(text, most = MAX_SHOWN) {
  // Whole, because a part of a secret looks like none; but no further than a message could reach.
  const safe = masked(text.slice(0, 4096))
  const chars = safe.length > most ? [...safe] : []
  return chars.length > most ? `${chars.slice(0, most).join('')}…` : safe
}

/**
 * A message without secrets, whose values are cut at 200 characters wherever they come from.
 * @param {string} text
 */
export function message(text) {
  const safe = masked(text)
  if (safe.length <= MAX_ECHOED) return safe
  const quoted = safe.replace(/"(?:\\.|[^"\\])*"/g, (value) => (value.length > MAX_ECHOED ? `${value.slice(0, MAX_ECHOED - 1)}…"` : value))
  return quoted.replace(/[^\s/]+/g, (word) => (word.length > MAX_ECHOED ? `${word.slice(0, MAX_ECHOED)}…` : word))
}

/**
 * Masks passwords in connection strings, in `password=…` and in `"password":"…"`. In doubt, more is masked than necessary.
 * @param {string} text
 */
export function masked(text) {
  return SIGNS.test(text) ? settingsMasked(accountsMasked(addressesMasked(text.replace(KEY, `$1${MASK}`)))) : text
}

/** Masks `user:password@` of URLs. @param {string} text */
function addressesMasked(text) {
  let shown = ''
  let rest = text
  for (let at = rest.indexOf('://'); at >= 0; at = rest.indexOf('://')) {
    const own = /postgres(?:ql)?$/i.test(rest.slice(Math.max(at - 10, 0), at))
    shown += rest.slice(0, at + 3)
    rest = rest.slice(at + 3)
    const end = endOfAccount(rest.slice(0, MAX_ADDRESS), own)
    const colon = end < 0 ? -1 : rest.slice(0, end).indexOf(':')
    if (colon < 0) continue
    shown += rest.slice(0, colon + 1) + MASK
    rest = rest.slice(end)
  }
  return shown + rest
}

/**
 * Where user and password of a URL end; -1 if it has none.
 * @param {string} text  after "://"
 * @param {boolean} own  it is a connection string of PostgreSQL
 */
function endOfAccount(text, own) {
  const line = text.slice(0, unescaped(text, /["\n]/))
  const word = /^\S*/.exec(line)?.[0] ?? ''
  const authority = /^[^/?#]*/.exec(word)?.[0] ?? ''
  const at = (own ? word : authority).lastIndexOf('@')
  if (at >= 0 || !own || authority.split(',').every((host) => HOSTS.test(host))) return at
  // The password may hold a blank, or the "@" is missing.
  return line.includes('@') ? line.lastIndexOf('@') : word.length
}

/** Masks `user:password@` without a scheme. @param {string} text */
function accountsMasked(text) {
  return text.replace(/[^\s"/]+/g, (run) => {
    const end = run.lastIndexOf('@')
    const colon = run.slice(0, Math.max(end, 0)).search(/(?<=[\p{L}\p{N}]):/u)
    return colon < 0 || colon + 1 === end || run.includes(MASK) ? run : `${run.slice(0, colon + 1)}${MASK}${run.slice(end)}`
  })
}

/** Masks the values of settings whose names are those of secrets. @param {string} text */
function settingsMasked(text) {
  let shown = ''
  let rest = text
  for (let at = rest.search(/[=:]/); at >= 0; at = rest.search(/[=:]/)) {
    const pair = rest[at] === '='
    const before = rest.slice(0, at)
    shown += rest.slice(0, at + 1)
    rest = rest.slice(at + 1)
    if (!isSecret(before, pair)) continue
    const gap = /^[ \t]*/.exec(rest)?.[0] ?? ''
    const value = rest.slice(gap.length)
    const quote = QUOTES.find((each) => value.startsWith(each)) ?? ''
    // Without quotes it may be prose: "password: expected …".
    const length = quote ? quote.length + quotedLength(value.slice(quote.length), quote) : pair ? plainLength(value) : 0
    if (length === 0 || value.startsWith(MASK)) continue
    shown += gap + quote + MASK
    rest = value.slice(length)
  }
  return shown + rest
}

/**
 * Whether the text before "=" or ":" ends with the name of a secret.
 * @param {string} before
 * @param {boolean} pair  "=" follows
 */
function isSecret(before, pair) {
  const text = before
    .slice(-256)
    .trimEnd()
    .replace(/["'\\]+$/, '')
  const start = Math.max(...[...text.matchAll(/[^\p{L}\p{N}_%-]/gu)].map(({ index }) => index), -1)
  const name = text.slice(start + 1).toLowerCase()
  if (name === 'passfile' || name === 'sslpassfile') return false
  return SECRET.test(name) || (pair && name.includes('%') && /[?&]/.test(text[start] ?? ''))
}

/** The length of a value without quotes, and of words after it other than settings: the value may hold blanks. @param {string} text */
function plainLength(text) {
  const end = unescaped(text, /[\s&"]/)
  const more = /^(?:[ \t]+(?![^\s="]*=)[^\s"&;]+)*/.exec(text.slice(end))?.[0] ?? ''
  return end + (end === 0 ? 0 : more.length)
}

/** The length of a value up to its closing quote. @param {string} text @param {string} quote */
function quotedLength(text, quote) {
  if (quote.length === 1) return unescaped(text, new RegExp(quote))
  const end = text.indexOf(quote)
  return end < 0 ? text.length : end
}

/** The place of the first such character that no backslash escapes, or the length. @param {string} text @param {RegExp} wanted */
function unescaped(text, wanted) {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (wanted.test(/** @type {string} */ (text[at]))) return at
  }
  return text.length
}

/**
 * An error without secrets in its texts: the error itself if it has none, else a copy.
 * @param {unknown} error
 * @returns {unknown}
 */
export function withoutSecrets(error) {
  if (!(error instanceof Error)) return typeof error === 'string' ? masked(error) : error
  try {
    const cause = withoutSecrets(error.cause)
    const own = Object.entries(error).filter(([key]) => key !== 'cause')
    const texts = own.map(([key, value]) => [key, typeof value === 'string' ? masked(value) : value])
    const message = masked(error.message)
    const stack = masked(error.stack ?? '')
    const unchanged = texts.every(([key, value]) => Object.is(value, /** @type {any} */ (error)[key]))
    if (unchanged && cause === error.cause && message === error.message && stack === (error.stack ?? '')) return error
    const copy = Object.create(Object.getPrototypeOf(error), Object.getOwnPropertyDescriptors(error))
    const hidden = { configurable: true, writable: true, enumerable: false }
    Object.defineProperties(copy, { message: { ...hidden, value: message }, stack: { ...hidden, value: stack } })
    if (error.cause !== undefined) Object.defineProperty(copy, 'cause', { ...hidden, value: cause })
    return Object.assign(copy, Object.fromEntries(texts))
  } catch {
    return new Error('an error that cannot be shown')
  }
}
