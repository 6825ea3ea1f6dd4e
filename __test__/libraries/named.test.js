// Drivers that are named in the configuration, a row a library.
import { performsInTransactions } from './named.js'

const knex = (/** @type {string} */ connection) => ({ client: 'pg', connection })

performsInTransactions('pg', { type: 'pg', config: (connectionString) => ({ connectionString }), export: 'pool' })
performsInTransactions('postgres', { type: 'postgres', config: (url) => ({ url }), export: 'sql' })
performsInTransactions('typeorm', { type: 'typeorm', config: (url) => ({ type: 'postgres', url }), export: 'source' })
performsInTransactions('prisma', { type: 'prisma', export: 'prisma' })
performsInTransactions('prisma 6', { type: 'prisma', export: 'prisma6' })
performsInTransactions('knex', { type: 'knex', config: knex, export: 'knex' })
performsInTransactions('sequelize', { type: 'sequelize', config: (url) => ({ url }), export: 'sequelize' })
performsInTransactions('sequelize 7', { type: 'sequelize', export: 'sequelize7' })
performsInTransactions('drizzle on pg', { type: 'drizzle', config: (connection) => ({ connection }), export: 'drizzle' })
performsInTransactions('drizzle on postgres.js', {
  type: 'drizzle',
  config: (connection) => ({ driver: 'postgres-js', connection }),
  export: 'drizzlePostgres',
})
performsInTransactions('kysely', { type: 'kysely', config: (connectionString) => ({ connectionString }), export: 'kysely', silent: true })
performsInTransactions('mikro-orm', {
  type: 'mikro-orm',
  config: (clientUrl) => ({ clientUrl, entities: [], discovery: { warnWhenNoEntities: false } }),
  export: 'orm',
})
performsInTransactions('objection', { type: 'objection', config: knex, export: 'User' })
performsInTransactions('bookshelf', { type: 'bookshelf', config: knex, export: 'bookshelf' })
performsInTransactions('slonik', { type: 'slonik', config: (url) => ({ url }), export: 'slonik' })
