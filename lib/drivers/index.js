// The libraries through which jobs are enqueued and performed: a file for each, and a line in the table. A library is known by
// its methods, never by constructor names (minifiers rename them), and never imported (two copies would differ).

import { adapter } from './adapter.js'
import { bookshelf } from './libraries/bookshelf.js'
import { drizzle } from './libraries/drizzle.js'
import { executor } from './libraries/executor.js'
import { knex } from './libraries/knex.js'
import { kysely } from './libraries/kysely.js'
import { mikroOrm } from './libraries/mikro-orm.js'
import { objection } from './libraries/objection.js'
import { pg } from './libraries/pg.js'
import { pgPromise } from './libraries/pg-promise.js'
import { pglite } from './libraries/pglite.js'
import { postgres } from './libraries/postgres.js'
import { prisma } from './libraries/prisma.js'
import { query } from './libraries/query.js'
import { sequelize } from './libraries/sequelize.js'
import { slonik } from './libraries/slonik.js'
import { typeorm } from './libraries/typeorm.js'
import * as named from './open.js'
import { resolve } from './resolve.js'

/** @import { Source } from './open.js' */
/** @typedef {import('./resolve.js').Executor} Executor */

/**
 * @typedef {object} Library
 * @property {string} name
 * @property {(tx: any) => boolean} matches by shape alone
 * @property {(tx: any) => boolean | undefined} open whether statements run in a transaction; undefined when nobody can tell
 * @property {(tx: any, sql: string, params: string[]) => unknown} query resolves to rows, { rows } or [rows, meta]
 * @property {string} pass what to pass instead of something outside a transaction
 * @property {Source} [source] what `driver: { type: name, … }` means, if the library can be named there
 */

// First match wins. Callables go before objects (knex and postgres.js are functions with methods), libraries with entity
// managers before plain clients, and whatever merely has a query method last.
/** @type {Library[]} */
const libraries = [
  executor,
  adapter,
  objection,
  knex,
  bookshelf,
  postgres,
  prisma,
  sequelize,
  mikroOrm,
  typeorm,
  kysely,
  drizzle,
  slonik,
  pgPromise,
  pglite,
  pg,
  query,
]

/**
 * How to run statements on a transaction of any library.
 * @param {unknown} tx
 * @returns {Executor}
 */
export const resolveExecutor = (tx) => resolve(libraries, tx)

/**
 * Reads and checks what EramEngine.start() was given, down to the library being there and the file exporting what it should.
 * @param {unknown} driver
 * @param {string} [url] the engine's own
 */
export const prepareDriver = (driver, url) => named.prepare(libraries, driver, url)

/**
 * Opens a driver from its JSON, for jobs with `transaction: true`.
 * @param {unknown} driver
 * @param {number} size how many transactions there may be at once
 */
export const openDriver = (driver, size) => named.open(libraries, driver, size)
