// Sequelize 5 to 7: a Transaction, or Sequelize itself where it finds the transaction of the current callback (useCLS in 5 and 6,
// the default in 7). Outside such a callback Sequelize uses any connection, so it is rejected there.

import { invalidOption, isObject } from '../../shared/validate.js'
import { connectionString } from '../conninfo.js'
import { has } from '../shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const sequelize = {
  name: 'sequelize',
  matches: (tx) => isTransaction(tx) || isRoot(tx),
  open: (tx) => isOpen(isTransaction(tx) ? tx : currentTransaction(tx)),
  // `bind` sends the values to the server as parameters; `replacements` would be written into the text.
  query(tx, sql, params) {
    const transaction = isTransaction(tx) ? tx : currentTransaction(tx)
    return transaction.sequelize.query(sql, { bind: params, transaction, type: 'SELECT' })
  },
  pass: 'pass the transaction that sequelize.transaction(async (t) => …) gives',
  source: {
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
  },
}

/** @param {any} tx */
function isTransaction(tx) {
  return has(tx, 'commit', 'rollback') && has(tx.sequelize, 'query')
}

/** @param {any} tx  a Sequelize */
function isRoot(tx) {
  return has(tx, 'getQueryInterface', 'query', 'define') || (isObject(tx) && has(tx, 'getCurrentClsTransaction'))
}

/** @param {any} sequelize */
function currentTransaction(sequelize) {
  if (has(sequelize, 'getCurrentClsTransaction')) return sequelize.getCurrentClsTransaction()
  return sequelize.constructor._cls?.get('transaction')
}

/**
 * A savepoint ends with the transaction around it.
 * @param {any} transaction
 * @returns {boolean}
 */
function isOpen(transaction) {
  if (!transaction) return false
  return transaction.finished === undefined && (!transaction.parent || isOpen(transaction.parent))
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
