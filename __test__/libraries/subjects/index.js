// Every library, with the ways to open a transaction of it. Each is loaded when it is asked for: not all are installed everywhere.

/** @import { Open } from '../../support/transactions.js' */

/** @type {Record<string, () => Promise<Record<string, Open>>>} */
export const libraries = {
  pg: async () => (await import('./pg.js')).subjects,
  'pg-native': async () => (await import('./pg-native.js')).subjects,
  'query(sql, params)': async () => (await import('./pg.js')).wrappers,
  'postgres.js': async () => (await import('./postgres.js')).subjects,
  typeorm: async () => (await import('./typeorm.js')).subjects,
  'typeorm-transactional': async () => (await import('./typeorm-transactional.js')).subjects,
  'prisma 6': async () => (await import('./prisma.js')).subjectsOf(6),
  prisma: async () => (await import('./prisma.js')).subjectsOf(7),
  knex: async () => (await import('./knex.js')).subjects,
  objection: async () => (await import('./objection.js')).subjects,
  bookshelf: async () => (await import('./bookshelf.js')).subjects,
  sequelize: async () => (await import('./sequelize.js')).subjects,
  'sequelize with CLS': async () => (await import('./sequelize-cls.js')).subjects,
  'sequelize 7': async () => (await import('./sequelize-7.js')).subjects,
  drizzle: async () => (await import('./drizzle.js')).subjects,
  kysely: async () => (await import('./kysely.js')).subjects,
  'mikro-orm 6': async () => (await import('./mikro-orm.js')).subjects,
  'mikro-orm 7': async () => (await import('./mikro-orm.js')).subjectsOf(await import('mikro-orm-7'), 'mikro-orm 7'),
  slonik: async () => (await import('./slonik.js')).subjects,
  'pg-promise': async () => (await import('./pg-promise.js')).subjects,
}
