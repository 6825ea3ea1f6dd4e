// Reads parsed JSON values and refuses what does not fit, in the words of the engine (src/model/read/).

import { EramError } from '../shared/errors.js'
import { jsonOf, keysOf, quoted, shorten } from './show.js'
import { nearest } from './words.js'

/** @typedef {{ value: unknown, path: string }} At  a value, and where it is */

/** @param {At} at @param {string} message */
export function refused({ path }, message) {
  return new EramError('ERAM_JOB', `${path}: ${message}`)
}

/** @param {At} at @param {string} what */
export function unexpected(at, what) {
  return refused(at, `expected ${what}, got ${shorten(jsonOf(at.value))}`)
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
export function isMap(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @param {At} at @returns {Record<string, unknown>} */
export function objectOf(at) {
  if (isMap(at.value)) return at.value
  throw unexpected(at, 'an object')
}

/** Refuses keys but these. @param {At} at @param {readonly string[]} known */
export function only(at, known) {
  const key = keysOf(objectOf(at)).find((each) => !known.includes(each))
  if (key === undefined) return
  const guess = nearest(key, known)
  const hint = guess === undefined ? `; known are ${known.join(', ')}` : `, did you mean "${guess}"?`
  throw refused(at, `unknown option ${quoted(shorten(key))}${hint}`)
}

/**
 * What `read` makes of a member, or `otherwise` if it is absent or null.
 * @template T
 * @template [U=undefined]
 * @param {At} at
 * @param {string} key
 * @param {(at: At) => T} read
 * @param {U} [otherwise]
 * @returns {T | U}
 */
export function member({ value, path }, key, read, otherwise) {
  const given = isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined
  return given === undefined || given === null ? /** @type {U} */ (otherwise) : read({ value: given, path: pathTo(path, key) })
}

/** The path of a member. @param {string} path @param {string} key */
function pathTo(path, key) {
  return /^[\p{Alphabetic}\p{N}_$-]+$/u.test(key) ? `${path}.${shorten(key)}` : `${path}[${quoted(shorten(key))}]`
}

/**
 * The elements of an array.
 * @param {At} at
 * @param {string} what
 * @returns {At[]}
 */
export function elements(at, what) {
  if (!Array.isArray(at.value)) throw unexpected(at, what)
  return at.value.map((value, i) => ({ value, path: `${at.path}[${i}]` }))
}

/** @param {At} at */
export function flagOf(at) {
  if (typeof at.value === 'boolean') return at.value
  throw unexpected(at, 'true or false')
}

/** @param {At} at @param {number} most characters */
export function textOf(at, most) {
  const { value } = at
  if (typeof value === 'string' && value !== '' && [...value].length <= most) return value
  throw unexpected(at, `a text of 1 to ${most} characters`)
}

/**
 * A list of up to 64 texts, each once.
 * @param {At} at
 * @param {string} what
 */
export function textsOf(at, what) {
  const all = elements(at, what)
  if (all.length > 64) throw refused(at, `expected at most 64 entries, got ${all.length}`)
  return [...new Set(all.map((each) => textOf(each, 255)))]
}

/** @param {At} at @param {number} least @param {number} most */
export function integerOf(at, least, most) {
  const { value } = at
  const limit = Math.abs(Number(value)) < 2 ** 63
  if (typeof value === 'number' && Number.isInteger(value) && limit) {
    if (value >= least && value <= most) return value
    if (value > most) throw unexpected(at, `an integer of at most ${most}`)
  }
  if (least === 1) throw unexpected(at, 'a positive integer')
  throw unexpected(at, `an integer from ${least} to ${most}`)
}

/** @param {At} at @param {number} least @param {number} most */
export function numberOf(at, least, most) {
  const { value } = at
  if (typeof value === 'number' && value >= least && value <= most) return value
  throw unexpected(at, `a number from ${least} to ${most}`)
}

/**
 * One of a few words.
 * @template {string} Word
 * @param {At} at
 * @param {readonly Word[]} words
 * @returns {Word}
 */
export function wordOf(at, words) {
  const found = words.find((word) => word === at.value)
  if (found !== undefined) return found
  const shown = words.map((word) => `"${word}"`)
  const last = shown.pop()
  throw unexpected(at, shown.length === 0 ? `${last}` : `${shown.join(', ')} or ${last}`)
}

/**
 * A list of known words, each once, in their own order.
 * @template {string} Word
 * @param {At} at
 * @param {readonly Word[]} known
 * @param {string} what
 */
export function wordsOf(at, known, what) {
  const given = elements(at, what).map((each) => wordOf(each, known))
  return known.filter((word) => given.includes(word))
}
