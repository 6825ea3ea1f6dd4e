// Enqueueing in a transaction of Sequelize 7, which finds the transaction of the running callback by itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Sequelize } from '@sequelize/core'
import { PostgresDialect } from '@sequelize/postgres'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { enqueuesInTransactions, Signup } from '../support/transactions.js'
import { adapters } from './adapters/sequelize-7.js'

/** @param {string} url @param {boolean} [disableClsTransactions] */
const connect = (url, disableClsTransactions) =>
  new Sequelize({ dialect: PostgresDialect, url, logging: false, pool: { max: 4 }, disableClsTransactions })

for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(name, open)

/** @param {string} got */
const refusal = (got) => ({
  code: 'ERAM_NOT_IN_TRANSACTION',
  message: new RegExp(`^tx: expected an open sequelize transaction, got ${got} outside of one; pass the transaction that`),
})

test('sequelize 7: what is outside a transaction is refused', () =>
  withSchema(async ({ url, prefix }) => {
    const sequelize = connect(url)
    assert.throws(() => resolveExecutor(sequelize), refusal('a Sequelize'))
    const ended = await sequelize.startUnmanagedTransaction()
    await Signup.enqueue({ email: 'a' }, { tx: ended, prefix })
    // Hooks are not called for an unmanaged transaction.
    assert.throws(() => resolveExecutor(sequelize), refusal('a Sequelize'))
    await ended.commit()
    assert.throws(() => resolveExecutor(ended), refusal('a Transaction'))
    await sequelize.close()
  }))

test('sequelize 7: without CLS the callback makes no difference', async () => {
  const sequelize = connect(DATABASE_URL, true)
  await sequelize.transaction(async () => assert.throws(() => resolveExecutor(sequelize), refusal('a Sequelize')))
  await sequelize.close()
})
