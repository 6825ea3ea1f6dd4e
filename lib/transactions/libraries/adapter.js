// Driver adapters: objects that return a result, { ok: true, value } or { ok: false, error }, instead of throwing. For an error of
// PostgreSQL the result has the server's fields; of any other JavaScript error it has the number in a registry.

import { driverErrors, isAdapterError } from '../../shared/driver-errors.js'
import { EramError } from '../../shared/errors.js'
import { has } from '../shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const adapter = {
  name: 'driver adapter',
  matches: (tx) => has(tx, 'queryRaw', 'executeRaw') && (has(tx, 'commit', 'rollback') || has(tx, 'startTransaction')),
  open: (tx) => (has(tx, 'startTransaction') ? false : undefined),
  isRoot: () => true,
  async query(tx, sql, args) {
    const { columnNames, rows } = unwrap(await tx.queryRaw({ sql, args }), tx)
    return rows.map((/** @type {unknown[]} */ row) =>
      Object.fromEntries(columnNames.map((/** @type {string} */ name, /** @type {number} */ i) => [name, row[i]])),
    )
  },
}

/**
 * The value of a result; throws the error of one that has failed.
 * @param {any} result
 * @param {any} owner  an adapter or a Transaction, which may have a registry of its own
 */
export function unwrap(result, owner) {
  if (result?.ok === true) return result.value
  throw originalError(result, owner)
}

/** @param {any} result @param {any} owner @returns {unknown} */
function originalError(result, owner) {
  if (result?.ok !== false || !isAdapterError(result.error)) {
    return new EramError('ERAM_DRIVER', 'driver adapter: expected { ok: true, value } or { ok: false, error }, got something else')
  }
  const { error } = result
  if (error.kind === 'Postgres') {
    const { kind: _, message, ...details } = error
    return Object.assign(new Error(message), { name: 'PostgresError' }, details)
  }
  const { kept } = driverErrors
  const found = kept.get(error.id) ?? owner.errorRegistry?.consumeError?.(error.id)?.error
  kept.delete(error.id)
  return found ?? new Error(`the adapter's error ${error.id} is not registered; pass what was thrown to err()`)
}
