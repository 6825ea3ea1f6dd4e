// Values in messages, as the engine writes them: members sorted by name, numbers and quotes as Rust has them.

export { shorten } from '../shared/text.js'

/**
 * The JSON text of a parsed JSON value.
 * @param {unknown} value
 * @returns {string}
 */
export function jsonOf(value) {
  if (typeof value === 'number') return numberOf(value)
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const object = /** @type {Record<string, unknown>} */ (value)
  return `{${keysOf(value)
    .map((key) => `${JSON.stringify(key)}:${jsonOf(object[key])}`)
    .join(',')}}`
}

/** The keys of an object, sorted by code points. @param {object} object */
export function keysOf(object) {
  const points = (/** @type {string} */ key) => [...key].map((char) => String(char.codePointAt(0)).padStart(7, '0')).join()
  return Object.keys(object).sort((a, b) => (points(a) < points(b) ? -1 : 1))
}

/** @param {number} number */
function numberOf(number) {
  const text = String(number)
  // Whole numbers of 64 bits, and what both write in the same form.
  if (Number.isInteger(number) ? number > -(2 ** 63) && number < 2 ** 64 : Math.abs(number) >= 1e-5) return text
  return number.toExponential()
}

/** A text in quotes. @param {string} text */
export function quoted(text) {
  return `"${text.replace(/["\\]|(?! )[\p{C}\p{Z}\p{Grapheme_Extend}]/gu, (char) => {
    if (char === '\t') return '\\t'
    if (char === '\n') return '\\n'
    if (char === '\r') return '\\r'
    return char === '"' || char === '\\' ? `\\${char}` : `\\u{${/** @type {number} */ (char.codePointAt(0)).toString(16)}}`
  })}"`
}
