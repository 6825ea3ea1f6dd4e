// Kysely as a driver.

import { has } from '../../transactions/index.js'
import { pgSource, poolOf } from './pg.js'

/** @import { DriverSource } from '../open.js' */

/** @type {DriverSource} */
export const kyselySource = {
  isInstance: (db) => has(db, 'executeQuery', 'getExecutor', 'transaction', 'destroy') && db.isTransaction === false,
  portable: false,
  packages: [['kysely'], ['pg']],
  // Not accessible.
  settings: () => undefined,
  url: pgSource.url,
  // A dialect is not JSON, so the config is that of the underlying pool.
  async connect(config, load, size) {
    const { Kysely, PostgresDialect } = await load('kysely')
    return new Kysely({ dialect: new PostgresDialect({ pool: await poolOf(config, load, size) }) })
  },
  transaction: (db, fn) => db.transaction().execute(fn),
  close: (db) => db.destroy(),
}
