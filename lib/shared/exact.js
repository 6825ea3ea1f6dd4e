// JSON whose numbers are kept as they are written. JavaScript rounds 9007199254740993 and forgets the zero of 1.10: such a number
// becomes an object with its text, and is written as that text.
//
// Plain JavaScript, without modules of Node.

import { ExactNumber, MARK, marked, unmarked } from './json.js'

const NUMBER = /-?\d[\d.eE+-]*/g

/**
 * Parses JSON; numbers that JavaScript would change become ExactNumbers.
 * @param {string} text
 * @returns {any}
 * @throws {SyntaxError}
 */
export function parseExact(text) {
  const given = JSON.parse(text)
  const withMarks = markedText(text)
  if (withMarks === undefined) return given
  return JSON.parse(withMarks, (_, value) =>
    typeof value === 'string' && value.startsWith(MARK) ? new ExactNumber(value.slice(MARK.length)) : value,
  )
}

/**
 * JSON of a value; ExactNumbers are written as they were read.
 * @param {unknown} value
 * @returns {string}
 */
export function stringifyExact(value) {
  let hasMarks = false
  const text = JSON.stringify(value ?? null, function replace(key, given) {
    const original = this[key]
    if (original instanceof ExactNumber) {
      hasMarks = true
      return marked(original)
    }
    return given
  })
  return hasMarks ? unmarked(text) : text
}

/**
 * The text with a mark for each number that JavaScript would change; undefined if there is none.
 * @param {string} text
 */
function markedText(text) {
  let result = ''
  let copied = 0
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at)
    const end = quote < 0 ? text.length : quote
    for (const { 0: number, index } of text.slice(at, end).matchAll(NUMBER)) {
      if (String(Number(number)) === number) continue
      result += `${text.slice(copied, at + index)}"${MARK}${number}"`
      copied = at + index + number.length
    }
    at = quote < 0 ? text.length : endOfText(text, quote) + 1
  }
  return copied === 0 ? undefined : result + text.slice(copied)
}

/** The place of the quote that ends a text. @param {string} text @param {number} start  of the quote that begins it */
function endOfText(text, start) {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text[end - 1 - escapes] === '\\') escapes += 1
    if (escapes % 2 === 0) return end
  }
  return text.length
}
