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
 * The executor of a transaction of any library.
 * @param {unknown} tx
 * @returns {Executor}
 */
export function resolveExecutor(tx) {
  const library = libraryOf(tx)
  if (!library) {
    throw new EramError(
      'ERAM_NOT_IN_TRANSACTION',
      `tx: expected a transaction of ${names()}, or an object with query(sql, params), got ${shown(tx)}`,
    )
  }
  if (library.open(tx) === false) throw notOpen('tx', library, tx)
  return executorOf(library, tx, true)
}

/**
 * The executor of a transaction, or of what is none: a client, a pool, or a function (sql, params) that gives rows. What is left of
 * a transaction that has ended is refused.
 * @param {unknown} client
 * @returns {Executor}
 */
export function resolveClient(client) {
  const library = libraryOf(client)
  if (!library) {
    if (typeof client === 'function') return executorOf(FUNCTION, client, false)
    throw new EramError(
      'ERAM_DRIVER',
      `client: expected a client or a transaction of ${names()}, an object with query(sql, params), or a function (sql, params), got ${shown(client)}`,
    )
  }
  const joins = library.open(client)
  if (joins === false && !library.isRoot?.(client)) throw notOpen('client', library, client)
  return executorOf(library, client, joins)
}

/** @type {Pick<Library, 'name' | 'query'>} */
const FUNCTION = { name: 'a function', query: (call, sql, params) => call(sql, params) }

/** @param {unknown} tx @returns {Library | undefined} */
function libraryOf(tx) {
  return isObject(tx) || typeof tx === 'function' ? libraries.find((each) => each.matches(tx)) : undefined
}

/** The names of libraries: all but the first two and the last, which are none. */
function names() {
  return libraries
    .slice(2, -1)
    .map((each) => each.name)
    .join(', ')
}

/** @param {string} subject @param {Library} library @param {unknown} tx */
function notOpen(subject, { name, pass }, tx) {
  return new EramError(
    'ERAM_NOT_IN_TRANSACTION',
    `${subject}: expected an open ${name} transaction, got ${shown(tx)} outside of one; ${pass}`,
  )
}

/** @param {Pick<Library, 'name' | 'query'>} library @param {unknown} tx @param {boolean | undefined} joins @returns {Executor} */
function executorOf({ name, query }, tx, joins) {
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
