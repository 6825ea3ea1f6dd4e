// typeorm-transactional, which makes the DataSource and its manager mean the transaction of the running callback.
import { DataSource } from 'typeorm'
import { addTransactionalDataSource, deleteDataSourceByName, initializeTransactionalContext, runInTransaction } from 'typeorm-transactional'

/** @import { Open } from '../../support/transactions.js' */

initializeTransactionalContext()

/** @param {(source: DataSource) => any} tx @returns {Open} */
const adapter =
  (tx) =>
  async ({ url, connections = 4 }) => {
    const source = await addTransactionalDataSource(new DataSource({ type: 'postgres', url, poolSize: connections })).initialize()
    return {
      transaction: (fn) => runInTransaction(() => fn(tx(source))),
      // Its Propagation.NESTED is another transaction, on another connection.
      savepoint: (_tx, fn) => source.manager.transaction(fn),
      statement: (it, sql, values) => it.query(sql, values),
      outside: () => [source, source.manager],
      ended: 'refused',
      async close() {
        deleteDataSourceByName('default')
        await source.destroy()
      },
    }
  }

/** @type {Record<string, Open>} */
export const adapters = {
  'typeorm-transactional, its manager': adapter((source) => source.manager),
  'typeorm-transactional, its DataSource': adapter((source) => source),
}
