// Checks a value against the schema of an option. It knows the keywords that kinds.js uses.

import { ExactNumber } from '../../shared/json.js'
import { isRecord, shown } from '../../shared/validate.js'

/** @import { Schema } from '../kinds.js' */

/**
 * What is wrong with a value, as "expected …, got …"; undefined: nothing.
 * @param {unknown} value
 * @param {any} schema
 * @returns {string | undefined}
 */
export function problemOf(value, schema) {
  const { anyOf, type } = schema
  if (anyOf) {
    const problems = anyOf.map((/** @type {Schema} */ each) => problemOf(value, each))
    if (problems.includes(undefined)) return undefined
    // That of the right type, which says more.
    const close = anyOf.findIndex((/** @type {Schema} */ each) => isOfType(value, each.type))
    return problems[close] ?? `expected ${anyOf.map(nameOf).join(' or ')}, got ${got(value)}`
  }
  if (type && !isOfType(value, type)) return `expected ${nameOf(schema)}, got ${got(value)}`
  if (typeof value === 'number') return numberProblem(value, schema)
  if (typeof value === 'string') return textProblem(value, schema)
  return Array.isArray(value) ? arrayProblem(value, schema) : undefined
}

/** @param {number} value @param {any} schema */
function numberProblem(value, { minimum = -Infinity, maximum = Infinity }) {
  if (value >= minimum && value <= maximum) return undefined
  return `expected a number ${value < minimum ? `of at least ${minimum}` : `of at most ${maximum}`}, got ${value}`
}

/** @param {string} value @param {any} schema */
function textProblem(value, { minLength = 0, maxLength = Infinity, format }) {
  if (value.includes('\0')) return 'expected text that PostgreSQL can store, got a NUL character (\\u0000)'
  if (value.length < minLength) return `expected a text of at least ${minLength} characters, got ${shown(value)}`
  if (value.length > maxLength) return `expected a text of at most ${maxLength} characters, got ${value.length}`
  const isTime = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?)?$/i.test(value) && !Number.isNaN(Date.parse(value))
  return format === 'date-time' && !isTime ? `expected a time such as 2030-01-31T09:00:00Z, got ${shown(value)}` : undefined
}

/** @param {unknown[]} value @param {any} schema */
function arrayProblem(value, { minItems = 0, maxItems = Infinity, items }) {
  if (value.length < minItems || value.length > maxItems) {
    return `expected ${maxItems === Infinity ? `at least ${minItems}` : `${minItems} to ${maxItems}`} items, got ${value.length}`
  }
  if (!items) return undefined
  for (const item of value) {
    const problem = problemOf(item, items)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** @param {unknown} value @param {unknown} type */
function isOfType(value, type) {
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(value)
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isRecord(value) && !(value instanceof ExactNumber)
    default:
      return typeof value === type
  }
}

/** @param {any} schema */
function nameOf({ type }) {
  const names = /** @type {Record<string, string>} */ ({ boolean: 'true or false', integer: 'a whole number', number: 'a number' })
  return names[type] ?? `${type === 'string' ? 'a text' : type === 'array' ? 'an array' : 'an object'}`
}

/** @param {unknown} value */
function got(value) {
  return value instanceof ExactNumber ? value.text.slice(0, 80) : shown(value)
}

const LEAST = -(2n ** 63n)
const MOST = 2n ** 64n
/** Significant digits that a double keeps. */
const DIGITS = 15

/**
 * The problem of a value with a number that the engine would round.
 * @param {unknown} value
 * @returns {string | undefined}
 */
export function roundingProblem(value) {
  if (value instanceof ExactNumber)
    return isKept(value.text) ? undefined : `expected numbers that a double or 64 bits hold, got ${got(value)}`
  if (typeof value !== 'object' || value === null) return undefined
  for (const member of Object.values(value)) {
    const problem = roundingProblem(member)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** @param {string} text  of a number */
function isKept(text) {
  if (/^-?\d+$/.test(text)) {
    const value = BigInt(text)
    return value >= LEAST && value < MOST
  }
  const [digits = ''] = text.split(/e/i)
  return digits.replace(/[-.]/g, '').replace(/^0+/, '').length <= DIGITS && Number.isFinite(Number(text))
}
