// Checks of values that users pass, and their rendering in error messages.

import { EramError } from './errors.js'
import { SAFE_LENGTH, shorten } from './text.js'

/** @import { EramErrorCode } from '../../index.js' */

/**
 * The error for a value that is not what was expected.
 * @param {EramErrorCode} code
 * @param {string} subject
 * @param {string} expected
 * @param {unknown} got  the value itself
 * @param {string} [hint]
 */
export function invalid(code, subject, expected, got, hint) {
  return new EramError(code, `${subject}: expected ${expected}, got ${shown(got)}${hint ? `; ${hint}` : ''}`)
}

/**
 * The error for a wrong option of the engine.
 * @param {string} subject
 * @param {string} expected
 * @param {unknown} got
 * @param {string} [hint]
 */
export function invalidOption(subject, expected, got, hint) {
  return invalid('ERAM_CONFIG', subject, expected, got, hint)
}

/** @param {unknown} value @returns {value is object} whether it has members; arrays do */
export function isObject(value) {
  return typeof value === 'object' && value !== null
}

/** @param {unknown} value @returns {value is Record<string, any>} whether it is an object with keys, not an array */
export function isRecord(value) {
  return isObject(value) && !Array.isArray(value)
}

/**
 * Returns an object with keys as it is, and throws on anything else.
 * @param {unknown} value
 * @param {string} subject
 * @returns {Record<string, any>}
 */
export function recordOf(value, subject) {
  if (isRecord(value)) return value
  throw invalidOption(subject, 'an object', value)
}

/**
 * Returns an options object as it is, and throws on anything else.
 * @param {unknown} options
 * @param {string} subject
 * @param {EramErrorCode} code
 * @returns {Record<string, unknown>}
 */
export function optionsOf(options, subject, code) {
  if (isObject(options)) return /** @type {Record<string, unknown>} */ (options)
  throw invalid(code, subject, 'an object of options', options)
}

/**
 * Renders a value for an error message: short, quoted, without ever throwing.
 * @param {any} value
 * @returns {string}
 */
export function shown(value) {
  switch (typeof value) {
    case 'string':
      return value.length > SAFE_LENGTH ? `a text of ${value.length} characters` : JSON.stringify(shorten(value))
    case 'number':
    case 'boolean':
      return String(value)
    case 'undefined':
      return 'undefined'
    case 'bigint':
      return 'a BigInt'
    case 'symbol':
      return 'a symbol'
    case 'function':
      return /^class\b/.test(Function.prototype.toString.call(value)) ? `class ${nameOf(value) || '(anonymous)'}` : 'a function'
    default:
      return value === null ? 'null' : Array.isArray(value) ? 'an array' : `${article(className(value))} ${className(value)}`
  }
}

/** @param {object} value */
function className(value) {
  try {
    const type = value.constructor
    return (typeof type === 'function' && type !== Object && nameOf(type)) || 'object'
  } catch {
    return 'object'
  }
}

/** The name of a function, which may be any value. @param {Function} type */
function nameOf({ name }) {
  return typeof name === 'string' ? shorten(name) : ''
}

/** @param {string} word */
function article(word) {
  return /^(?:[aeio]|u(?!int))/i.test(word) ? 'an' : 'a'
}
