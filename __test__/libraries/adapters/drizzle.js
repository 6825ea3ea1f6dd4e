// Drizzle, on node-postgres and on postgres.js.
import { sql } from 'drizzle-orm'
import { drizzle as onPg } from 'drizzle-orm/node-postgres'
import { drizzle as onPostgres } from 'drizzle-orm/postgres-js'
import pg from 'pg'
import { connect } from './postgres.js'
import { template } from './shared.js'

/** @import { Open } from '../../support/transactions.js' */

/**
 * Its ways to take a client have changed: from 1.0 on only by name, before 0.35 only alone.
 *
 * @param {any} drizzle
 * @param {any} client
 * @param {object} [config]
 */
function on(drizzle, client, config) {
  const db = drizzle({ client, ...config })
  return db.$client === client ? db : drizzle(client, config)
}

/**
 * @param {any} db
 * @param {() => Promise<unknown>} close
 * @param {'refused' | 'runs'} ended
 */
const adapter = (db, close, ended) => ({
  transaction: (/** @type {any} */ fn) => db.transaction(fn, { isolationLevel: 'read committed' }),
  savepoint: (/** @type {any} */ tx, /** @type {any} */ fn) => tx.transaction(fn),
  statement: (/** @type {any} */ tx, /** @type {string} */ text, /** @type {string[]} */ values) =>
    tx.execute(sql(template(text), ...values)),
  outside: () => [db],
  ended,
  close,
})

/** @type {Record<string, Open>} */
export const adapters = {
  'drizzle on node-postgres': async ({ url, connections = 4 }) => {
    const pool = new pg.Pool({ connectionString: url, max: connections })
    const knows = 'getTransactionStatus' in pg.Client.prototype
    return adapter(on(onPg, pool, { casing: 'snake_case' }), () => pool.end(), knows ? 'refused' : 'runs')
  },
  'drizzle on postgres.js': async (place) => {
    const client = connect(place)
    return adapter(on(onPostgres, client), () => client.end(), 'runs')
  },
}
