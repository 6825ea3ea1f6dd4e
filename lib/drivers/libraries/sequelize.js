// Sequelize 5 to 7 as a driver.

import { invalidOption } from '../../shared/validate.js'
import { has } from '../../transactions/index.js'
import { connectionString } from '../conninfo.js'

/** @import { DriverSource } from '../open.js' */

/** @type {DriverSource} */
export const sequelizeSource = {
  isInstance: (value) => has(value, 'define', 'query', 'transaction', 'close', 'model'),
  portable: false,
  // The second is the name of version 7.
  packages: [['sequelize', '@sequelize/core']],
  settings: ({ config, options }) => options?.replication?.write ?? { ...config, dialectOptions: options?.dialectOptions },
  url,
  async connect({ url, uri = url, ...options }, load, size) {
    const { Sequelize } = await load('sequelize', '@sequelize/core')
    // By default it prints its statements.
    const all = { dialect: 'postgres', logging: false, ...options, pool: { max: size, ...options.pool } }
    return uri === undefined ? new Sequelize(all) : new Sequelize(uri, all)
  },
  // Versions 5 and 6 need an object before the callback.
  transaction: (sequelize, fn) => sequelize.transaction({}, fn),
  close: (sequelize) => sequelize.close(),
}

/**
 * @param {Record<string, any>} config
 * @param {string} subject
 */
function url({ dialect = 'postgres', replication, ...config }, subject) {
  if (typeof dialect === 'string' && dialect !== 'postgres') {
    throw invalidOption(`${subject}.dialect`, '"postgres"', dialect)
  }
  const { url, uri = url, host, port, username, user = username, password, database, ssl } = { ...config, ...replication?.write }
  return connectionString({ url: uri, host, port, user, password, database, ssl: config.dialectOptions?.ssl ?? ssl }, subject)
}
