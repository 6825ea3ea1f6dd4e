// Sequelize 6 where a CLS namespace carries the transaction: Sequelize itself is passed. The namespace is that of all of
// Sequelize in this process.
import { createNamespace } from 'cls-hooked'
import pg from 'pg'
import { Sequelize } from 'sequelize'

/** @import { Open } from '../../support/transactions.js' */

const namespace = createNamespace('eram test')
Sequelize.useCLS(namespace)

/** @type {Record<string, Open>} */
export const adapters = {
  'sequelize with CLS': async ({ url, connections = 4 }) => {
    const sequelize = new Sequelize(url, { dialect: 'postgres', dialectModule: pg, logging: false, pool: { max: connections } })
    return {
      transaction: (fn) => sequelize.transaction(() => fn(sequelize)),
      savepoint: (_tx, fn) => sequelize.transaction({ transaction: namespace.get('transaction') }, () => fn(sequelize)),
      statement: (_tx, sql, bind) => sequelize.query(sql, { bind }),
      outside: () => [sequelize],
      ended: 'refused',
      depth: 1,
      close: () => sequelize.close(),
    }
  },
}
