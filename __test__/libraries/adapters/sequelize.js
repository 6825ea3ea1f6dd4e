// Sequelize 6, where a transaction is handed along.
import pg from 'pg'
import { Sequelize } from 'sequelize'

/** @import { Open } from '../../support/transactions.js' */

/** @type {Record<string, Open>} */
export const adapters = {
  sequelize: async ({ url, connections = 4 }) => {
    const sequelize = new Sequelize(url, { dialect: 'postgres', dialectModule: pg, logging: false, pool: { max: connections } })
    return {
      transaction: (fn) => sequelize.transaction(fn),
      savepoint: (transaction, fn) => sequelize.transaction({ transaction }, fn),
      statement: (transaction, sql, bind) => sequelize.query(sql, { bind, transaction }),
      outside: () => [sequelize],
      ended: 'refused',
      depth: 1,
      close: () => sequelize.close(),
    }
  },
}
