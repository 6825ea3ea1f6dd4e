// Sequelize 5 to 7: a Transaction, or Sequelize itself where it finds the transaction of the running callback by itself (useCLS
// in 5 and 6, the default in 7). Outside of such a callback Sequelize takes any connection, so it is refused there.

import { has, isObject } from './shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const sequelize = {
  name: 'sequelize',
  matches: (tx) => isTransaction(tx) || isRoot(tx),
  open: (tx) => isOpen(isTransaction(tx) ? tx : ambient(tx)),
  // Named so, bind values go to the server as parameters; replacements would be written into the text.
  query(tx, sql, params) {
    const transaction = isTransaction(tx) ? tx : ambient(tx)
    return transaction.sequelize.query(sql, { bind: params, transaction, type: 'SELECT' })
  },
  pass: 'pass the transaction that sequelize.transaction(async (t) => …) gives',
}

/** @param {any} tx */
function isTransaction(tx) {
  return has(tx, 'commit', 'rollback') && has(tx.sequelize, 'query')
}

/** @param {any} tx a Sequelize */
function isRoot(tx) {
  return has(tx, 'getQueryInterface', 'query', 'define') || (isObject(tx) && has(tx, 'getCurrentClsTransaction'))
}

/** @param {any} sequelize */
function ambient(sequelize) {
  if (has(sequelize, 'getCurrentClsTransaction')) return sequelize.getCurrentClsTransaction()
  return sequelize.constructor._cls?.get('transaction')
}

/**
 * A savepoint is over with the transaction around it.
 * @param {any} transaction
 * @returns {boolean}
 */
function isOpen(transaction) {
  if (!transaction) return false
  return transaction.finished === undefined && (!transaction.parent || isOpen(transaction.parent))
}
