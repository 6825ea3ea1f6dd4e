// Drizzle, with any of its drivers: the tx of db.transaction(). The db has the same methods except rollback().

import { invalidOption, isObject } from '../../shared/validate.js'
import { has } from '../shape.js'
import { inTransaction, pgSource } from './pg.js'
import { postgresSource } from './postgres.js'

/** @import { Library } from './index.js' */

const PG = 'node-postgres'
/** The libraries below Drizzle, by the names of its entry points. @type {Record<string, typeof pgSource>} */
const UNDERLYING = { [PG]: pgSource, 'postgres-js': postgresSource }

/** @type {Library} */
export const drizzle = {
  name: 'drizzle',
  matches: (tx) => has(tx, 'execute', 'transaction') && isObject(tx.session) && isObject(tx.dialect),
  open: (tx) => {
    if (!has(tx, 'rollback') || typeof tx.nestedIndex !== 'number') return false
    // Drizzle itself does not know whether a transaction has ended; the underlying pg and PGlite do.
    const { client } = tx.session
    if (has(client, 'getTransactionStatus')) return inTransaction(client)
    return client?.closed === true ? false : undefined
  },
  query: (tx, sql, params) => tx.execute(prepared(sql, params)),
  pass: 'pass the tx that db.transaction(async (tx) => …) gives',
  source: {
    isInstance: (db) => has(db, 'execute', 'transaction') && isObject(db.session) && isObject(db.dialect) && !has(db, 'rollback'),
    portable: false,
    packages: [['drizzle-orm'], ['pg', 'postgres']],
    check: checkDriver,
    settings: settingsOf,
    url: ({ driver = PG, connection, ...rest }, subject) =>
      UNDERLYING[driver]?.url({ ...rest, ...connectionConfig(connection) }, subject) ?? '',
    async connect({ driver = PG, connection, casing, logger, ...rest }, load, size) {
      const { drizzle } = await load(`drizzle-orm/${driver}`)
      const client = await UNDERLYING[driver]?.connect({ ...rest, ...connectionConfig(connection) }, load, size)
      return drizzle({ client, casing, logger })
    },
    transaction: (db, fn) => db.transaction(fn),
    close: async (db) => clientOf(db)?.end?.(),
  },
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

/**
 * @param {Record<string, any>} config
 * @param {string} subject
 */
function checkDriver({ driver = PG }, subject) {
  if (Object.hasOwn(UNDERLYING, driver)) return
  throw invalidOption(`${subject}.driver`, `one of ${Object.keys(UNDERLYING).join(', ')}`, driver)
}

/** @param {string | Record<string, unknown> | undefined} connection  as drizzle() takes it */
function connectionConfig(connection) {
  return typeof connection === 'string' ? { connectionString: connection } : connection
}

/** @param {any} db */
function clientOf(db) {
  return db.$client ?? db.session.client
}

/** @param {any} db */
function settingsOf(db) {
  const client = clientOf(db)
  const [driver, source] = Object.entries(UNDERLYING).find(([, each]) => client && each.isInstance(client)) ?? []
  return source && { driver, ...source.settings(client) }
}
