// Sequelize 7, which finds the transaction of the running callback by itself.
import { Sequelize } from '@sequelize/core'
import { PostgresDialect } from '@sequelize/postgres'

/** @import { Open, Place } from '../../support/transactions.js' */

/** By default a transaction in a transaction is the same one. */
const nested = /** @type {any} */ ({ nestMode: 'savepoint' })

/** @param {Place} place */
function connect({ url, connections = 4 }) {
  const sequelize = new Sequelize({ dialect: PostgresDialect, url, logging: false, pool: { max: connections } })
  return {
    sequelize,
    outside: () => [sequelize],
    ended: /** @type {const} */ ('refused'),
    depth: /** @type {const} */ (1),
    close: () => sequelize.close(),
  }
}

/** @type {Record<string, Open>} */
export const adapters = {
  'sequelize 7': async (place) => {
    const { sequelize, ...others } = connect(place)
    return {
      ...others,
      transaction: (fn) => sequelize.transaction(fn),
      savepoint: (transaction, fn) => sequelize.transaction({ ...nested, transaction }, fn),
      statement: (transaction, sql, bind) => sequelize.query(sql, { bind, transaction }),
    }
  },
  'sequelize 7 itself': async (place) => {
    const { sequelize, ...others } = connect(place)
    return {
      ...others,
      transaction: (fn) => sequelize.transaction(() => fn(sequelize)),
      savepoint: (_tx, fn) => sequelize.transaction(nested, () => fn(sequelize)),
      statement: (_tx, sql, bind) => sequelize.query(sql, { bind }),
    }
  },
}
