// PGlite: the tx of db.transaction(). The database has one connection: during a transaction, its own query() waits for the end of
// the transaction, so an enqueue through it from inside would deadlock.

import { has } from '../shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const pglite = {
  name: 'pglite',
  matches: (tx) => has(tx, 'query', 'exec', 'sql') && (has(tx, 'rollback') || has(tx, 'runExclusive')),
  open: (tx) => has(tx, 'rollback') && tx.closed !== true,
  isRoot: (db) => !has(db, 'rollback'),
  query: (tx, sql, params) => tx.query(sql, params),
}
