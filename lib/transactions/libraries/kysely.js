// Kysely: Transaction and ControlledTransaction. The Kysely instance has isTransaction too, which is false there.

import { has } from '../shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const kysely = {
  name: 'kysely',
  matches: (tx) => has(tx, 'executeQuery', 'getExecutor') && typeof tx.isTransaction === 'boolean',
  open: (trx) => trx.isTransaction && !trx.isCommitted && !trx.isRolledBack,
  isRoot: (db) => !db.isTransaction,
  query: (trx, sql, params) => {
    // Without the application's plugins: one that parses JSON would parse the answer.
    const plain = has(trx, 'withoutPlugins') ? trx.withoutPlugins() : trx
    return plain.executeQuery(compiled(sql, params))
  },
}

/**
 * The compiled form of Kysely's own sql`…`.
 * @param {string} sql
 * @param {string[]} parameters
 */
function compiled(sql, parameters) {
  return { sql, parameters, query: { kind: 'RawNode', sqlFragments: [sql], parameters: [] }, queryId: { queryId: 'eram' } }
}
