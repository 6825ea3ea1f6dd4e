// Drizzle, on any of its drivers: the tx of db.transaction(). The db has the same methods except rollback().

import { inTransaction } from './pg.js'
import { has, isObject } from './shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const drizzle = {
  name: 'drizzle',
  matches: (tx) => has(tx, 'execute', 'transaction') && isObject(tx.session) && isObject(tx.dialect),
  open: (tx) => {
    if (!has(tx, 'rollback') || typeof tx.nestedIndex !== 'number') return false
    // Drizzle itself never knows that a transaction has ended. Below it pg does, and so does PGlite.
    const { client } = tx.session
    if (has(client, 'getTransactionStatus')) return inTransaction(client)
    return client?.closed === true ? false : undefined
  },
  query: (tx, sql, params) => tx.execute(prepared(sql, params)),
  pass: 'pass the tx that db.transaction(async (tx) => …) gives',
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
