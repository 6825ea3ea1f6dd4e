// node-postgres, in JavaScript and in the native form, and objects that an application may make of its clients.
import pg from 'pg'
import { savepoints, within } from './shared.js'

/** @import { Open } from '../../support/transactions.js' */
/** @typedef {(tx: any, sql: string, values?: string[]) => any} Statement */

/**
 * @param {any} Pool
 * @param {(client: any) => any} [wrap] what is passed as tx
 * @returns {Open}
 */
export const adapter =
  (Pool, wrap = (client) => client) =>
  async ({ url, connections = 4 }) => {
    const pool = new Pool({ connectionString: url, max: connections })
    const idle = await pool.connect()
    const knows = typeof idle.getTransactionStatus === 'function' && wrap(idle) === idle
    /** @type {WeakMap<object, any>} */
    const clients = new WeakMap()
    /** @type {Statement} */
    const statement = (tx, sql, values) => clients.get(tx).query(sql, values)
    return {
      async transaction(fn) {
        const client = await pool.connect()
        const tx = wrap(client)
        clients.set(tx, client)
        try {
          const [begin, commit, rollback] = ['BEGIN', 'COMMIT', 'ROLLBACK'].map((sql) => () => client.query(sql))
          return await within(tx, /** @type {any} */ ({ begin, commit, rollback }), fn)
        } finally {
          client.release()
        }
      },
      savepoint: savepoints(statement),
      statement,
      outside: () => (knows ? [pool, idle] : [pool]),
      ended: knows ? 'refused' : 'runs',
      close: () => {
        idle.release()
        return pool.end()
      },
    }
  }

/** @type {Record<string, Open>} */
export const adapters = { pg: adapter(pg.Pool) }

/** @type {Record<string, Open>} */
export const wrappers = {
  'query(sql, params) that gives rows': adapter(pg.Pool, (client) => ({
    query: async (/** @type {string} */ sql, /** @type {unknown[]} */ params) => (await client.query(sql, params)).rows,
  })),
  'query(sql, params) that gives [rows, meta]': adapter(pg.Pool, (client) => ({
    async query(/** @type {string} */ sql, /** @type {unknown[]} */ params) {
      const { rows, ...meta } = await client.query(sql, params)
      return [rows, meta]
    },
  })),
  'eram.executor': adapter(pg.Pool, (client) => ({
    query: () => Promise.reject(new Error('not this one')),
    [Symbol.for('eram.executor')]: (/** @type {string} */ sql, /** @type {unknown[]} */ params) => client.query(sql, params),
  })),
}
