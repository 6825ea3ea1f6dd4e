// PGlite: the tx of db.transaction(). The database itself has one connection: while a transaction is open, its query() waits
// for the end of it, so enqueueing there from within would wait for ever.

import { has } from '../shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const pglite = {
  name: 'pglite',
  matches: (tx) => has(tx, 'query', 'exec', 'sql') && (has(tx, 'rollback') || has(tx, 'runExclusive')),
  open: (tx) => has(tx, 'rollback') && tx.closed !== true,
  query: (tx, sql, params) => tx.query(sql, params),
  pass: 'pass the tx that db.transaction(async (tx) => …) gives',
}
