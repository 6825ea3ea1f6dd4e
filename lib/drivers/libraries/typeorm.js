// TypeORM: QueryRunner, EntityManager, and a Repository or DataSource whose own manager is in a transaction (as
// typeorm-transactional arranges). Managers inside and outside a transaction have the same shape; the query runner distinguishes
// them.

import { invalidOption, isObject } from '../../shared/validate.js'
import { connectionString } from '../conninfo.js'
import { has, pathsOnly } from '../shape.js'

/** @import { Library } from './index.js' */

/** A job thread must not change the application's schema. */
const KEEP_SCHEMA = { synchronize: false, migrationsRun: false, dropSchema: false }

/** @type {Library} */
export const typeorm = {
  name: 'typeorm',
  matches: (tx) => isQueryRunner(tx) || isManager(tx) || hasManager(tx),
  open: (tx) => {
    if (isQueryRunner(tx)) return tx.isTransactionActive
    return managerOf(tx).queryRunner?.isTransactionActive === true
  },
  query: (tx, sql, params) => (isQueryRunner(tx) ? tx : managerOf(tx)).query(sql, params),
  pass: 'pass the EntityManager that dataSource.transaction(async (em) => …) gives',
  source: {
    isInstance: isDataSource,
    // Entities, migrations and loggers are rarely JSON.
    portable: false,
    packages: [['typeorm']],
    settings: (source) => source.options,
    url,
    check: (config, subject) => pathsOnly(config, ['entities', 'migrations', 'subscribers'], subject),
    async connect(config, load, size) {
      const { DataSource } = await load('typeorm')
      return new DataSource({ poolSize: size, ...config, ...KEEP_SCHEMA }).initialize()
    },
    ready: async (source) => source.isInitialized || source.setOptions(KEEP_SCHEMA).initialize(),
    transaction: (source, fn) => source.transaction(fn),
    close: async (source) => source.isInitialized && source.destroy(),
  },
}

/**
 * @param {Record<string, any>} config
 * @param {string} subject
 */
function url({ type, replication, extra, ssl, ...config }, subject) {
  if (type !== 'postgres') throw invalidOption(`${subject}.type`, '"postgres"', type)
  const { url, host, port, username, password, database } = replication?.master ?? config
  return connectionString({ url, host, port, user: username, password, database, ssl: extra?.ssl ?? ssl }, subject)
}

/** @param {any} tx */
function isQueryRunner(tx) {
  return typeof tx.isTransactionActive === 'boolean' && has(tx, 'query', 'startTransaction')
}

/** @param {any} tx */
function isManager(tx) {
  return has(tx, 'query', 'getRepository') && !has(tx, 'createQueryRunner') && [tx.queryRunner, tx.dataSource, tx.connection].some(isObject)
}

/** @param {any} tx */
function hasManager(tx) {
  return isObject(tx.manager) && isManager(tx.manager)
}

/** @param {any} tx */
function managerOf(tx) {
  return isManager(tx) ? tx : tx.manager
}

/** @param {any} value  a DataSource */
function isDataSource(value) {
  return has(value, 'createQueryRunner', 'initialize') && isObject(value.options)
}
