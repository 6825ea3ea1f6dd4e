// Kysely: its Transaction, and its ControlledTransaction (from 0.28 on).
import { CamelCasePlugin, Kysely, ParseJSONResultsPlugin, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { savepoints, template, within } from './shared.js'

/** @import { Open, Place } from '../../support/transactions.js' */

/** @param {Place} place @param {object} [config] */
function connect({ url, connections = 4 }, config) {
  const pool = new pg.Pool({ connectionString: url, max: connections })
  /** @type {Kysely<any>} */
  const db = new Kysely({ ...config, dialect: new PostgresDialect({ pool }) })
  return db
}

/** @param {any} trx @param {string} text @param {string[]} [values] */
const statement = (trx, text, values = []) => sql(template(text), ...values).execute(trx)

let count = 0
const controlled = 'startTransaction' in Kysely.prototype

/** @type {Record<string, Open>} */
export const adapters = {
  'kysely Transaction with plugins': async (place) => {
    const plugins = [new CamelCasePlugin({ upperCase: true }), new ParseJSONResultsPlugin()]
    const db = connect(place, { plugins }).withSchema('elsewhere')
    return {
      transaction: (fn) => db.transaction().setIsolationLevel('repeatable read').execute(fn),
      // It has no savepoints of its own.
      savepoint: savepoints(statement),
      statement,
      outside: () => [db, db.withSchema('a'), db.withPlugin(new CamelCasePlugin())],
      ended: controlled ? 'refused' : 'runs',
      close: () => db.destroy(),
    }
  },
}

if (controlled) {
  adapters['kysely ControlledTransaction'] = async (place) => {
    const db = connect(place)
    return {
      async transaction(fn) {
        const trx = await db.startTransaction().execute()
        return within(trx, { begin: () => {}, commit: () => trx.commit().execute(), rollback: () => trx.rollback().execute() }, fn)
      },
      async savepoint(trx, fn) {
        // A rollback leaves the savepoint there, so another needs another name.
        const name = `inner_${++count}`
        const inner = await trx.savepoint(name).execute()
        const commit = () => inner.releaseSavepoint(name).execute()
        return within(inner, { begin: () => {}, commit, rollback: () => inner.rollbackToSavepoint(name).execute() }, fn)
      },
      statement,
      outside: () => [db],
      ended: 'refused',
      close: () => db.destroy(),
    }
  }
}
