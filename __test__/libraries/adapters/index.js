// Every library, with the ways to open a transaction of it. Each is loaded when it is asked for: not all are installed everywhere.

/** @import { Open } from '../../support/transactions.js' */

/** @type {Record<string, () => Promise<Record<string, Open>>>} */
export const libraries = {
  pg: async () => (await import('./pg.js')).adapters,
  'pg-native': async () => (await import('./pg-native.js')).adapters,
  'query(sql, params)': async () => (await import('./pg.js')).wrappers,
  'postgres.js': async () => (await import('./postgres.js')).adapters,
  typeorm: async () => (await import('./typeorm.js')).adapters,
  'typeorm-transactional': async () => (await import('./typeorm-transactional.js')).adapters,
  'prisma 6': async () => (await import('./prisma.js')).adaptersOf(6),
  prisma: async () => (await import('./prisma.js')).adaptersOf(7),
  knex: async () => (await import('./knex.js')).adapters,
  objection: async () => (await import('./objection.js')).adapters,
  bookshelf: async () => (await import('./bookshelf.js')).adapters,
  sequelize: async () => (await import('./sequelize.js')).adapters,
  'sequelize with CLS': async () => (await import('./sequelize-cls.js')).adapters,
  'sequelize 7': async () => (await import('./sequelize-7.js')).adapters,
  drizzle: async () => (await import('./drizzle.js')).adapters,
  kysely: async () => (await import('./kysely.js')).adapters,
  'mikro-orm 6': async () => (await import('./mikro-orm.js')).adapters,
  'mikro-orm 7': async () => (await import('./mikro-orm.js')).adaptersOf(await import('mikro-orm-7'), 'mikro-orm 7'),
  slonik: async () => (await import('./slonik.js')).adapters,
  'pg-promise': async () => (await import('./pg-promise.js')).adapters,
}
