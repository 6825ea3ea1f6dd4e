// pg-promise: the t of db.tx().
import pgPromise from 'pg-promise'

/** @import { Open, Place } from '../../support/transactions.js' */

/** @param {Place} place @param {import('pg-promise').IInitOptions} [options] @returns {import('pg-promise').IDatabase<{}>} */
const connect = ({ url, connections = 4 }, options) =>
  pgPromise({ noWarnings: true, ...options })({ connectionString: url, max: connections })

/** @param {any} db */
const known = (db) => ({
  statement: (/** @type {any} */ t, /** @type {string} */ sql, /** @type {string[]} */ values) => t.query({ text: sql, values }),
  outside: () => [db],
  ended: /** @type {const} */ ('refused'),
  close: () => db.$pool.end(),
})

/** @type {Record<string, Open>} */
export const adapters = {
  'pg-promise': async (place) => {
    const db = connect(place)
    return { ...known(db), transaction: (fn) => db.tx(fn), savepoint: (t, fn) => t.tx(fn) }
  },
  'pg-promise, in a task and with its options': async (place) => {
    const db = connect(place, {
      capSQL: true,
      pgFormatting: true,
      receive: ({ data }) => {
        for (const row of data) for (const name of Object.keys(row)) if (name !== 'eram') row[name.toUpperCase()] = row[name]
      },
    })
    const { TransactionMode, isolationLevel } = pgPromise.txMode
    const mode = new TransactionMode({ tiLevel: isolationLevel.repeatableRead })
    return {
      ...known(db),
      transaction: (fn) => db.task((t) => t.tx({ mode }, fn)),
      savepoint: (t, fn) => t.task((/** @type {any} */ inner) => inner.tx(fn)),
    }
  },
}
