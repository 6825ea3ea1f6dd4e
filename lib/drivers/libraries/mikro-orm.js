// MikroORM 5 to 7: an EntityManager in a transaction, or the global one inside the callback of another (6 and later resolve it).
// Statements go through the transaction of its query builder, because its own execute() would write the values into the text.

import { invalid, isObject } from '../../shared/validate.js'
import { connectionString } from '../conninfo.js'
import { has, pathsOnly } from '../shape.js'
import { knex } from './knex.js'
import { kysely } from './kysely.js'

/** @import { Library } from './index.js' */

const builders = [knex, kysely]
const SETTINGS = ['clientUrl', 'host', 'port', 'user', 'password', 'dbName', 'driverOptions']

/** @type {Library} */
export const mikroOrm = {
  name: 'mikro-orm',
  matches: (tx) => has(tx, 'getTransactionContext', 'isInTransaction', 'getConnection'),
  open(tx) {
    const context = tx.getTransactionContext()
    return context ? builderOf(context)?.open(context) : false
  },
  query(tx, sql, params) {
    const context = tx.getTransactionContext()
    const builder = builderOf(context)
    if (!builder) throw invalid('ERAM_DRIVER', 'mikro-orm', 'a transaction of knex or kysely', context)
    return builder.query(context, sql, params)
  },
  pass: 'pass the EntityManager that em.transactional(async (em) => …) gives, or one after em.begin()',
  source: {
    isInstance: (orm) => has(orm, 'close') && isObject(orm.config) && has(orm.em, 'fork', 'transactional'),
    portable: false,
    packages: [['@mikro-orm/postgresql']],
    check: (config, subject) => pathsOnly(config, ['entities', 'entitiesTs'], subject),
    settings: ({ config }) => Object.fromEntries(SETTINGS.map((key) => [key, config.get(key)])),
    url,
    async connect(config, load, size) {
      const { MikroORM } = await load('@mikro-orm/postgresql')
      // Creating the database is up to the application.
      return MikroORM.init({ ...config, ensureDatabase: false, pool: { min: 0, max: size, ...config.pool } })
    },
    transaction: (orm, fn) => orm.em.fork().transactional(fn),
    close: (orm) => orm.close(true),
  },
}

/** @param {any} context  of knex up to version 6, of Kysely from 7 on */
function builderOf(context) {
  return builders.find((each) => each.matches(context))
}

/**
 * @param {Record<string, any>} config
 * @param {string} subject
 */
function url({ clientUrl, host, port, user, password, dbName, driverOptions }, subject) {
  return connectionString({ url: clientUrl, host, port, user, password, database: dbName, ssl: driverOptions?.connection?.ssl }, subject)
}
