// Kysely: Transaction and ControlledTransaction. Everything has isTransaction, which says no on the Kysely that connects.

import { has } from '../shape.js'
import { pgSource, poolOf } from './pg.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const kysely = {
  name: 'kysely',
  matches: (tx) => has(tx, 'executeQuery', 'getExecutor') && typeof tx.isTransaction === 'boolean',
  open: (trx) => trx.isTransaction && !trx.isCommitted && !trx.isRolledBack,
  query: (trx, sql, params) => {
    // Plugins are for the queries of the application: one that parses JSON would take the answer apart.
    const plain = has(trx, 'withoutPlugins') ? trx.withoutPlugins() : trx
    return plain.executeQuery(compiled(sql, params))
  },
  pass: 'pass the trx that db.transaction().execute(async (trx) => …) gives, or one of db.startTransaction()',
  source: {
    isInstance: (db) => has(db, 'executeQuery', 'getExecutor', 'transaction', 'destroy') && db.isTransaction === false,
    portable: false,
    packages: [['kysely'], ['pg']],
    // It shows nobody where it connects.
    settings: () => undefined,
    url: pgSource.url,
    // A dialect is no JSON, so the config is that of the pool below it.
    async connect(config, load, size) {
      const { Kysely, PostgresDialect } = await load('kysely')
      return new Kysely({ dialect: new PostgresDialect({ pool: await poolOf(config, load, size) }) })
    },
    transaction: (db, fn) => db.transaction().execute(fn),
    close: (db) => db.destroy(),
  },
}

/**
 * What Kysely's own sql`…` compiles to.
 * @param {string} sql
 * @param {string[]} parameters
 */
function compiled(sql, parameters) {
  return { sql, parameters, query: { kind: 'RawNode', sqlFragments: [sql], parameters: [] }, queryId: { queryId: 'eram' } }
}
