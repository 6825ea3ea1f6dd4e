// The list of libraries that `driver:` can name.

import { bookshelfSource } from './bookshelf.js'
import { drizzleSource } from './drizzle.js'
import { knexSource } from './knex.js'
import { kyselySource } from './kysely.js'
import { mikroOrmSource } from './mikro-orm.js'
import { objectionSource } from './objection.js'
import { pgSource } from './pg.js'
import { postgresSource } from './postgres.js'
import { prismaSource } from './prisma.js'
import { sequelizeSource } from './sequelize.js'
import { slonikSource } from './slonik.js'
import { typeormSource } from './typeorm.js'

/** @import { DriverSource } from '../open.js' */

/** @typedef {{ name: string, source: DriverSource }} NamedLibrary  by the name that the library has as a transaction too */

// The first that recognizes an instance counts, in the order of the libraries of transactions.
/** @type {NamedLibrary[]} */
export const libraries = [
  { name: 'objection', source: objectionSource },
  { name: 'knex', source: knexSource },
  { name: 'bookshelf', source: bookshelfSource },
  { name: 'postgres', source: postgresSource },
  { name: 'prisma', source: prismaSource },
  { name: 'sequelize', source: sequelizeSource },
  { name: 'mikro-orm', source: mikroOrmSource },
  { name: 'typeorm', source: typeormSource },
  { name: 'kysely', source: kyselySource },
  { name: 'drizzle', source: drizzleSource },
  { name: 'slonik', source: slonikSource },
  { name: 'pg', source: pgSource },
]
