// Drizzle as a driver: its db, on pg or on postgres.js.

import { invalidOption } from '../../shared/validate.js'
import { has, isDrizzle } from '../../transactions/index.js'
import { pgSource } from './pg.js'
import { postgresSource } from './postgres.js'

/** @import { DriverSource } from '../open.js' */

const PG = 'node-postgres'
/** The libraries below Drizzle, by the names of its entry points. @type {Record<string, typeof pgSource>} */
const UNDERLYING = { [PG]: pgSource, 'postgres-js': postgresSource }

/** @type {DriverSource} */
export const drizzleSource = {
  isInstance: (db) => isDrizzle(db) && !has(db, 'rollback'),
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
