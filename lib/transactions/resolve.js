// Finds out which library an object belongs to, and how to run a statement on it.

import { EramError } from '../shared/errors.js'
import { invalid, isObject, shown } from '../shared/validate.js'
import { libraries } from './libraries/index.js'

/** @import { Library } from './libraries/index.js' */

/**
 * @typedef {object} Executor
 * @property {string} name  of the library
 * @property {boolean | undefined} joins  whether its statements join a transaction; false: each commits by itself; undefined: unknown
 * @property {(sql: string, params: string[]) => Promise<Record<string, unknown>[]>} query
 */

/**
 * The executor of a transaction, or of what is none: a client, a pool, or a function (sql, params) that gives rows. What is left of
 * a transaction that has ended is refused.
 * @param {unknown} client
 * @returns {Executor}
 */
export function resolveClient(client) {
  const library = libraryOf(client) ?? (typeof client === 'function' ? FUNCTION : undefined)
  if (!library) {
    const others = 'an object with query(sql, params), or a function (sql, params)'
    throw unknownLibrary('ERAM_DRIVER', 'client: expected a client or a transaction', others, client)
  }
  const joins = library.open(client)
  if (joins === false && !library.isRoot?.(client)) throw notOpen('client', library, client)
  return executorOf(library, client, joins)
}

/** @type {Library} */
const FUNCTION = {
  name: 'a function',
  matches: () => true,
  open: () => false,
  isRoot: () => true,
  query: (call, sql, params) => call(sql, params),
}

/** @param {unknown} tx @returns {Library | undefined} */
export function libraryOf(tx) {
  return isObject(tx) || typeof tx === 'function' ? libraries.find((each) => each.matches(tx)) : undefined
}

/**
 * @param {'ERAM_DRIVER' | 'ERAM_NOT_IN_TRANSACTION'} code
 * @param {string} expected
 * @param {string} others
 * @param {unknown} got
 */
export function unknownLibrary(code, expected, others, got) {
  // Without the first two and the last, which are not libraries.
  const names = libraries
    .slice(2, -1)
    .map((each) => each.name)
    .join(', ')
  return new EramError(code, `${expected} of ${names}, ${others}, got ${shown(got)}`)
}

/** @param {string} subject @param {Library} library @param {unknown} tx @param {string} [hint] */
export function notOpen(subject, { name }, tx, hint = '') {
  const message = `${subject}: expected an open ${name} transaction, got ${shown(tx)} outside of one${hint}`
  return new EramError('ERAM_NOT_IN_TRANSACTION', message)
}

/** @param {Library} library @param {unknown} tx @param {boolean | undefined} joins @returns {Executor} */
export function executorOf({ name, query }, tx, joins) {
  return { name, joins, query: async (sql, params) => rowsOf(await query(tx, sql, params), name) }
}

/**
 * Libraries give rows as an array, as { rows }, or as [rows, metadata].
 * @param {any} result
 * @param {string} name
 * @returns {Record<string, unknown>[]}
 */
function rowsOf(result, name) {
  const rows = Array.isArray(result) ? (Array.isArray(result[0]) ? result[0] : result) : result?.rows
  if (Array.isArray(rows)) return rows
  throw invalid('ERAM_DRIVER', name, 'rows, { rows } or [rows, meta] from the query', result)
}
