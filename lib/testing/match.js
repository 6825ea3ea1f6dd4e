// Whether a value is the expected one: objects are compared by the members that are expected of them, deeply. In place of a value
// there may be a matcher of a test runner (any object with asymmetricMatch), a RegExp for texts, or a function that says whether it
// is right. `undefined` stands for a member that must be absent.

import { inspect } from 'node:util'
import { isObject } from '../shared/validate.js'

/** @typedef {{ path: string, expected: string, got: string }} Difference */

/**
 * The differences between a value and what is expected of it.
 * @param {unknown} expected
 * @param {unknown} got
 * @param {string} path  of the value
 * @param {ReadonlySet<unknown>} [within]  the expected objects around this one
 * @returns {Difference[]}
 */
export function differences(expected, got, path, within = new Set()) {
  const differs = () => [{ path, expected: show(expected), got: show(got) }]
  if (isMatcher(expected)) return expected.asymmetricMatch(got) ? [] : differs()
  if (expected instanceof RegExp) return typeof got === 'string' && got.search(expected) >= 0 ? [] : differs()
  if (typeof expected === 'function') return expected(got) ? [] : differs()
  if (expected instanceof Date) return sameTime(expected, got) ? [] : differs()
  if (!isObject(expected)) return Object.is(expected, got) || expected === got ? [] : differs()
  // A value that came from JSON ends; an expectation that contains itself does not.
  if (within.has(expected) || !isObject(got) || got instanceof Date) return differs()
  const around = new Set(within).add(expected)
  if (Array.isArray(expected)) {
    if (!Array.isArray(got) || got.length !== expected.length) return differs()
    return expected.flatMap((each, i) => differences(each, got[i], `${path}[${i}]`, around))
  }
  if (Array.isArray(got)) return differs()
  return Object.entries(expected).flatMap(([key, value]) =>
    differences(value, /** @type {Record<string, unknown>} */ (got)[key], `${path}.${key}`, around),
  )
}

/** @param {unknown} value @returns {value is { asymmetricMatch: (got: unknown) => boolean }} */
function isMatcher(value) {
  return isObject(value) && typeof (/** @type {Record<string, unknown>} */ (value).asymmetricMatch) === 'function'
}

/** JSON has no dates: args have them as texts. @param {Date} expected @param {unknown} got */
function sameTime(expected, got) {
  if (got instanceof Date) return got.getTime() === expected.getTime()
  return typeof got === 'string' && got === JSON.parse(JSON.stringify(expected))
}

/** @param {unknown} value */
export function show(value) {
  if (typeof value === 'function') return value.name ? `what ${value.name}() accepts` : 'what a function accepts'
  if (isMatcher(value)) return String(value)
  return typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: 4, breakLength: Infinity })
}
