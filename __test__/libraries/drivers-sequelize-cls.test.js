// Enqueueing through Sequelize 6 itself, where a CLS namespace carries the transaction. The namespace is that of all of Sequelize,
// so it has a file of its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNamespace } from 'cls-hooked'
import { Sequelize } from 'sequelize'
import { resolveExecutor } from '../../lib/drivers/index.js'
import { DATABASE_URL } from '../helpers/database.js'
import { enqueuesInTransactions } from '../helpers/transactions.js'

const namespace = createNamespace('eram test')
Sequelize.useCLS(namespace)

/** @param {string} url */
const connect = (url) => new Sequelize(url, { dialect: 'postgres', logging: false, pool: { max: 4 } })

enqueuesInTransactions('sequelize with CLS', async ({ url }) => {
  const sequelize = connect(url)
  return {
    transaction: (fn) => sequelize.transaction(() => fn(sequelize)),
    savepoint: (_tx, fn) => sequelize.transaction({ transaction: namespace.get('transaction') }, () => fn(sequelize)),
    close: () => sequelize.close(),
  }
})

test('sequelize with CLS: outside of the callback there is no transaction', async () => {
  const sequelize = connect(DATABASE_URL)
  const refused = () =>
    assert.throws(() => resolveExecutor(sequelize), {
      code: 'ERAM_NOT_IN_TRANSACTION',
      message: /^tx: expected an open sequelize transaction, got a Sequelize outside of one; pass the transaction that/,
    })
  refused()
  await sequelize.transaction(async () => assert.equal(resolveExecutor(sequelize).name, 'sequelize'))
  refused()
  await sequelize.close()
})
