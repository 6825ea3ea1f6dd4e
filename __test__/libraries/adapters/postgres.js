// postgres.js: begin(), savepoint(), and a connection that is reserved.
import postgres from 'postgres'
import { savepoints, template, within } from './shared.js'

/** @import { Open, Place } from '../../support/transactions.js' */

/** A connection pool; PgBouncer knows no prepared statements. @param {Place} place @param {object} [options] @returns {any} */
export const connect = ({ url, connections = 4, pooled = false }, options) =>
  postgres(url, { max: connections, prepare: !pooled, ...options })

/** @param {any} tx @param {string} sql @param {string[]} [values] */
const statement = (tx, sql, values = []) => tx(template(sql), ...values)

/**
 * @param {(sql: any, fn: (tx: any) => Promise<unknown>) => Promise<unknown>} transaction
 * @param {object} [options]
 * @returns {Open}
 */
const begun = (transaction, options) => async (place) => {
  const sql = connect(place, options)
  return {
    transaction: (fn) => transaction(sql, fn),
    savepoint: (tx, fn) => tx.savepoint(fn),
    statement,
    outside: () => [sql],
    ended: 'runs',
    close: () => sql.end(),
  }
}

/** @type {Record<string, Open>} */
export const adapters = {
  'postgres.js': begun((sql, fn) => sql.begin(fn)),
  'postgres.js without prepared statements and with transformed names': begun(
    (sql, fn) => sql.begin('isolation level repeatable read', fn),
    {
      prepare: false,
      transform: postgres.camel,
    },
  ),
}

// From version 3.4 on.
if (typeof (/** @type {any} */ (postgres('postgres://localhost').reserve)) === 'function') {
  adapters['postgres.js reserved connection'] = async (place) => {
    const sql = connect(place)
    return {
      async transaction(fn) {
        const reserved = await sql.reserve()
        try {
          const how = { begin: () => reserved`BEGIN`, commit: () => reserved`COMMIT`, rollback: () => reserved`ROLLBACK` }
          return await within(reserved, how, fn)
        } finally {
          reserved.release()
        }
      },
      savepoint: savepoints(statement),
      statement,
      outside: () => [sql],
      ended: 'runs',
      close: () => sql.end(),
    }
  }
}
