// Sequelize 5 to 7: a Transaction, or Sequelize itself where it finds the transaction of the current callback (useCLS in 5 and 6,
// the default in 7). Outside such a callback Sequelize uses any connection, so it is in no transaction there.

import { isObject } from '../../shared/validate.js'
import { has } from '../shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const sequelize = {
  name: 'sequelize',
  matches: (tx) => isTransaction(tx) || isSequelize(tx),
  open: (tx) => isOpen(transactionOf(tx)),
  isRoot: (tx) => !transactionOf(tx),
  // `bind` sends the values to the server as parameters; `replacements` would be written into the text.
  query(tx, sql, params) {
    const transaction = transactionOf(tx)
    return (transaction?.sequelize ?? tx).query(sql, { bind: params, transaction, type: 'SELECT' })
  },
}

/** @param {any} tx */
function isTransaction(tx) {
  return has(tx, 'commit', 'rollback') && has(tx.sequelize, 'query')
}

/** @param {any} tx */
function isSequelize(tx) {
  return has(tx, 'getQueryInterface', 'query', 'define') || (isObject(tx) && has(tx, 'getCurrentClsTransaction'))
}

/** @param {any} tx  a Transaction, or a Sequelize */
function transactionOf(tx) {
  if (isTransaction(tx)) return tx
  if (has(tx, 'getCurrentClsTransaction')) return tx.getCurrentClsTransaction()
  return tx.constructor._cls?.get('transaction')
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
