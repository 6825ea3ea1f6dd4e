// Enqueueing through Sequelize 6 itself, where a CLS namespace carries the transaction. The namespace is that of all of Sequelize,
// so it has a file of its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Sequelize } from 'sequelize'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { DATABASE_URL } from '../support/database.js'
import { enqueuesInTransactions } from '../support/transactions.js'
import { adapters } from './adapters/sequelize-cls.js'

for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(name, open)

test('sequelize with CLS: there is no transaction outside the callback', async () => {
  const sequelize = new Sequelize(DATABASE_URL, { dialect: 'postgres', logging: false })
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
