// TypeORM as a driver: a DataSource.

import { invalidOption, isObject } from '../../shared/validate.js'
import { has } from '../../transactions/index.js'
import { connectionString } from '../conninfo.js'
import { pathsOnly } from '../paths-only.js'

/** @import { DriverSource } from '../open.js' */

/** A job thread must not change the application's schema. */
const KEEP_SCHEMA = { synchronize: false, migrationsRun: false, dropSchema: false }

/** @type {DriverSource} */
export const typeormSource = {
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
}

/**
 * @param {Record<string, any>} config
 * @param {string} subject
 */
function url({ type, replication, extra, ssl, ...config }, subject) {
  if (type !== 'postgres') throw invalidOption(`${subject}.type`, '"postgres"', type)
  const { url, host, port, username, password, database } = replication?.master ?? config
  return connectionString({ url, host, port, user: username, password, database, ssl: extra?.ssl ?? ssl }, subject, 'pg')
}

/** @param {any} value  a DataSource */
function isDataSource(value) {
  return has(value, 'createQueryRunner', 'initialize') && isObject(value.options)
}
