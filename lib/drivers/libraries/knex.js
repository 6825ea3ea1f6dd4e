// knex as a driver, and what libraries based on it share.

import { invalidOption, isObject } from '../../shared/validate.js'
import { isKnex } from '../../transactions/index.js'
import { connectionString } from '../conninfo.js'
import { SEPARATE_URL } from '../tls.js'

/** @import { DriverSource } from '../open.js' */

/** Shared by knex and the libraries based on it. @type {Omit<DriverSource, 'isInstance'>} */
export const builderSource = {
  portable: false,
  packages: [['knex']],
  settings: ({ client }) => ({ client: client.config.client, connection: client.connectionSettings ?? client.config.connection }),
  url,
  async connect(config, load, size) {
    const { default: knex } = await load('knex')
    return knex({ ...config, pool: { min: 0, max: size, ...config.pool } })
  },
  transaction: (knex, fn) => knex.transaction(fn),
  close: (knex) => knex.destroy(),
}

/** @type {DriverSource} */
export const knexSource = { ...builderSource, isInstance: (value) => isKnex(value) && value.isTransaction !== true }

const DIALECTS = ['pg', 'postgres', 'postgresql', 'pgnative']

/**
 * @param {Record<string, any>} config
 * @param {string} subject
 */
function url({ client, dialect = client, connection }, subject) {
  if (typeof dialect === 'string' && !DIALECTS.includes(dialect)) {
    throw invalidOption(`${subject}.client`, '"pg"', dialect)
  }
  if (typeof connection === 'function') {
    throw invalidOption(`${subject}.connection`, 'text or an object', connection, SEPARATE_URL)
  }
  if (!isObject(connection)) return connectionString({ url: connection }, `${subject}.connection`, 'pg')
  const { connectionString: text, host, port, user, password, database, ssl } = /** @type {Record<string, unknown>} */ (connection)
  return connectionString({ url: text, host, port, user, password, database, ssl }, `${subject}.connection`, 'pg')
}
