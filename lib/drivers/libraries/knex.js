// knex: the trx of knex.transaction(), of a provider and of Bookshelf's transaction(). The knex instance has the same methods;
// isTransaction distinguishes them.

import { invalidOption, isObject } from '../../shared/validate.js'
import { connectionString, SEPARATE_URL } from '../conninfo.js'
import { has } from '../shape.js'

/** @import { Library } from './index.js' */
/** @import { DriverSource } from '../open.js' */

/** Shared by knex and the libraries based on it. @type {Omit<DriverSource, 'isInstance'>} */
export const knexSource = {
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

/** @type {Library} */
export const knex = {
  name: 'knex',
  matches: isKnex,
  open: isOpenTrx,
  query: raw,
  pass: 'pass the trx that knex.transaction(async (trx) => …) gives',
  source: {
    isInstance: (value) => isKnex(value) && value.isTransaction !== true,
    ...knexSource,
  },
}

/** @param {any} tx */
export function isKnex(tx) {
  return typeof tx === 'function' && has(tx, 'raw', 'transaction') && isObject(tx.client)
}

/** @param {any} tx */
export function isOpenTrx(tx) {
  return tx.isTransaction === true && !(has(tx, 'isCompleted') && tx.isCompleted())
}

/**
 * Runs a statement with knex's question marks in place of numbered parameters.
 * @param {any} trx
 * @param {string} sql
 * @param {string[]} params
 */
export function raw(trx, sql, params) {
  /** @type {unknown[]} */
  const bindings = []
  const text = sql.replaceAll('?', '\\?').replace(/\$(\d+)/g, (_, number) => {
    bindings.push(params[number - 1])
    return '?'
  })
  return trx.raw(text, bindings)
}

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
  if (!isObject(connection)) return connectionString({ url: connection }, `${subject}.connection`)
  const { connectionString: text, host, port, user, password, database, ssl } = /** @type {Record<string, unknown>} */ (connection)
  return connectionString({ url: text, host, port, user, password, database, ssl }, `${subject}.connection`)
}
