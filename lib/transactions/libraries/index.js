// The list of libraries. A library is recognized by its methods, never by constructor names (minifiers rename them), and its
// classes are never imported (two copies would differ).

import { adapter } from './adapter.js'
import { bookshelf } from './bookshelf.js'
import { drizzle } from './drizzle.js'
import { executor } from './executor.js'
import { knex } from './knex.js'
import { kysely } from './kysely.js'
import { mikroOrm } from './mikro-orm.js'
import { objection } from './objection.js'
import { pg } from './pg.js'
import { pgPromise } from './pg-promise.js'
import { pglite } from './pglite.js'
import { postgres } from './postgres.js'
import { prisma } from './prisma.js'
import { query } from './query.js'
import { sequelize } from './sequelize.js'
import { slonik } from './slonik.js'
import { typeorm } from './typeorm.js'

/**
 * @typedef {object} Library
 * @property {string} name
 * @property {(tx: any) => boolean} matches  by shape alone
 * @property {(tx: any) => boolean | undefined} open  whether statements run in a transaction; undefined if the library does not show it
 * @property {(tx: any) => boolean} [isRoot]  of what is not open: whether its statements commit by themselves, as those of a pool;
 *   else it is what is left of a transaction
 * @property {(tx: any, sql: string, params: string[]) => unknown} query  resolves to rows, { rows } or [rows, meta]
 */

// The first match counts. Callables precede objects (knex and postgres.js are functions with methods), libraries with entity
// managers precede plain clients, and objects that merely have a query method come last.
/** @type {Library[]} */
export const libraries = [
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
