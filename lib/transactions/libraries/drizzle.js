// Drizzle, with any of its drivers: the tx of db.transaction(). The db has the same methods except rollback().

import { isObject } from '../../shared/validate.js'
import { has } from '../shape.js'
import { inTransaction } from './pg.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const drizzle = {
  name: 'drizzle',
  matches: isDrizzle,
  open: (tx) => {
    if (!has(tx, 'rollback') || typeof tx.nestedIndex !== 'number') return false
    // Drizzle itself does not know whether a transaction has ended; the underlying pg and PGlite do.
    const { client } = tx.session
    if (has(client, 'getTransactionStatus')) return inTransaction(client)
    return client?.closed === true ? false : undefined
  },
  isRoot: (db) => !has(db, 'rollback'),
  query: (tx, sql, params) => tx.execute(prepared(sql, params)),
}

/** @param {any} tx  or a db */
export function isDrizzle(tx) {
  return has(tx, 'execute', 'transaction') && isObject(tx.session) && isObject(tx.dialect)
}

/**
 * What Drizzle's own sql`…` becomes when it is executed.
 * @param {string} sql
 * @param {string[]} params
 */
function prepared(sql, params) {
  const query = { getSQL: () => query, toQuery: () => ({ sql, params }) }
  return query
}
