// Finds out what a `tx` is and how to run a statement on it.

import { EramError, shown } from '../shared/errors.js'

/** @import { Library } from './index.js' */

/**
 * @typedef {object} Executor
 * @property {string} name of the library
 * @property {(sql: string, params: string[]) => Promise<Record<string, unknown>[]>} query
 */

/**
 * @param {Library[]} libraries
 * @param {unknown} tx
 * @returns {Executor}
 */
export function resolve(libraries, tx) {
  const library = isObject(tx) ? libraries.find((each) => each.matches(tx)) : undefined
  if (!library) {
    // All but the first two and the last, which are for what is no library.
    const names = libraries
      .slice(2, -1)
      .map((each) => each.name)
      .join(', ')
    throw new EramError(
      'ERAM_NOT_IN_TRANSACTION',
      `tx: expected a transaction of ${names}, or an object with query(sql, params), got ${shown(tx)}`,
    )
  }
  if (library.open(tx) === false) {
    throw new EramError(
      'ERAM_NOT_IN_TRANSACTION',
      `tx: expected an open ${library.name} transaction, got ${shown(tx)} outside of one; ${library.pass}`,
    )
  }
  return {
    name: library.name,
    query: async (sql, params) => rowsOf(await library.query(tx, sql, params), library.name),
  }
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
  throw new EramError('ERAM_DRIVER', `${name}: expected rows, { rows } or [rows, meta] from the query, got ${shown(result)}`)
}

/** @param {unknown} tx @returns {boolean} */
function isObject(tx) {
  return (typeof tx === 'object' && tx !== null) || typeof tx === 'function'
}
