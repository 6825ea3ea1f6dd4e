// TypeORM: QueryRunner, EntityManager, and a Repository or DataSource whose own manager is in a transaction (as
// typeorm-transactional arranges). Managers inside and outside a transaction have the same shape; the query runner distinguishes
// them.

import { isObject } from '../../shared/validate.js'
import { has } from '../shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const typeorm = {
  name: 'typeorm',
  matches: (tx) => isQueryRunner(tx) || isManager(tx) || hasManager(tx),
  open: (tx) => {
    if (isQueryRunner(tx)) return tx.isTransactionActive
    return managerOf(tx).queryRunner?.isTransactionActive === true
  },
  isRoot: (tx) => isQueryRunner(tx) || !managerOf(tx).queryRunner,
  query: (tx, sql, params) => (isQueryRunner(tx) ? tx : managerOf(tx)).query(sql, params),
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
