// Finds out which library a `tx` belongs to, and how to run a statement on it.

import { EramError } from '../shared/errors.js'
import { invalid, isObject, shown } from '../shared/validate.js'
import { libraries } from './libraries/index.js'

/**
 * @typedef {object} Executor
 * @property {string} name  of the library
 * @property {(sql: string, params: string[]) => Promise<Record<string, unknown>[]>} query
 */

/**
 * The executor of a transaction of any library.
 * @param {unknown} tx
 * @returns {Executor}
 */
export function resolveExecutor(tx) {
  const library = isObject(tx) || typeof tx === 'function' ? libraries.find((each) => each.matches(tx)) : undefined
  if (!library) {
    // Without the first two and the last, which are not libraries.
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
  throw invalid('ERAM_DRIVER', name, 'rows, { rows } or [rows, meta] from the query', result)
}
