// MikroORM 5 to 7 as a driver: an initialized MikroORM.

import { isObject } from '../../shared/validate.js'
import { has } from '../../transactions/index.js'
import { connectionString } from '../conninfo.js'
import { pathsOnly } from '../paths-only.js'

/** @import { DriverSource } from '../open.js' */

const SETTINGS = ['clientUrl', 'host', 'port', 'user', 'password', 'dbName', 'driverOptions']

/** @type {DriverSource} */
export const mikroOrmSource = {
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
}

/**
 * @param {Record<string, any>} config
 * @param {string} subject
 */
function url({ clientUrl, host, port, user, password, dbName, driverOptions }, subject) {
  return connectionString({ url: clientUrl, host, port, user, password, database: dbName, ssl: driverOptions?.connection?.ssl }, subject)
}
