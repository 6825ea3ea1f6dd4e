// Enqueueing on objects of the application's own.
import pg from 'pg'
import { enqueuesInTransactions } from './helpers/transactions.js'

/** What an application may make of a client. @type {Record<string, (client: pg.PoolClient) => object>} */
const shapes = {
  'query(sql, params) that gives rows': (client) => ({
    query: async (/** @type {string} */ sql, /** @type {unknown[]} */ params) => (await client.query(sql, params)).rows,
  }),
  'query(sql, params) that gives [rows, meta]': (client) => ({
    async query(/** @type {string} */ sql, /** @type {unknown[]} */ params) {
      const { rows, ...meta } = await client.query(sql, params)
      return [rows, meta]
    },
  }),
  'eram.executor': (client) => ({
    query: () => Promise.reject(new Error('not this one')),
    [Symbol.for('eram.executor')]: (/** @type {string} */ sql, /** @type {unknown[]} */ params) => client.query(sql, params),
  }),
}

for (const [name, wrap] of Object.entries(shapes)) {
  enqueuesInTransactions(name, async ({ url }) => {
    const pool = new pg.Pool({ connectionString: url, max: 4 })
    /** @type {WeakMap<object, pg.PoolClient>} */
    const clients = new WeakMap()
    return {
      async transaction(fn) {
        const client = await pool.connect()
        const tx = wrap(client)
        clients.set(tx, client)
        try {
          await client.query('BEGIN')
          const result = await fn(tx)
          await client.query('COMMIT')
          return result
        } catch (error) {
          await client.query('ROLLBACK')
          throw error
        } finally {
          client.release()
        }
      },
      async savepoint(tx, fn) {
        await clients.get(tx)?.query('SAVEPOINT inner_one')
        try {
          await fn(tx)
        } catch (error) {
          await clients.get(tx)?.query('ROLLBACK TO SAVEPOINT inner_one')
          throw error
        }
      },
      close: () => pool.end(),
    }
  })
}
