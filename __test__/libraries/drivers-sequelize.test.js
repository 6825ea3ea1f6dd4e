// Enqueueing in a transaction of Sequelize 6 that is passed along.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DataTypes, Sequelize } from 'sequelize'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { enqueuesInTransactions, Signup } from '../support/transactions.js'
import { adapters } from './adapters/sequelize.js'

/** @param {string} url @param {import('sequelize').Options} [options] */
const connect = (url, options) => new Sequelize(url, { dialect: 'postgres', logging: false, pool: { max: 4 }, ...options })

for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(name, open)

/** @param {string} got */
const refusal = (got) => ({
  code: 'ERAM_NOT_IN_TRANSACTION',
  message: `tx: expected an open sequelize transaction, got ${got} outside of one; pass the transaction that sequelize.transaction(async (t) => …) gives`,
})

test('sequelize: what is outside a transaction is refused', async () => {
  const sequelize = connect(DATABASE_URL)
  assert.throws(() => resolveExecutor(sequelize), refusal('a Sequelize'))
  // Without CLS nothing tells which of two transactions is meant.
  await sequelize.transaction(async () => assert.throws(() => resolveExecutor(sequelize), refusal('a Sequelize')))
  await sequelize.close()
})

test('sequelize: a transaction that has ended is refused', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const sequelize = connect(url)
    const committed = await sequelize.transaction()
    await Signup.enqueue({ email: 'a' }, { tx: committed, prefix })
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [])
    const savepoint = await sequelize.transaction({ transaction: committed })
    await committed.commit()
    await assert.rejects(Signup.enqueue({ email: 'b' }, { tx: committed, prefix }), refusal('a Transaction'))
    // The savepoint was not ended, but the transaction around it is gone.
    await assert.rejects(Signup.enqueue({ email: 'c' }, { tx: savepoint, prefix }), refusal('a Transaction'))

    const undone = await sequelize.transaction()
    await undone.rollback()
    await assert.rejects(Signup.enqueue({ email: 'd' }, { tx: undone, prefix }), refusal('a Transaction'))
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'a' } }])
    await sequelize.close()
  }))

test('sequelize: a row and its job are committed together', () =>
  withSchema(async ({ url, prefix, rows }) => {
    // What an application may have set for all of its queries.
    const sequelize = connect(url, { define: { timestamps: false, schema: prefix }, query: { raw: true }, minifyAliases: true })
    const User = sequelize.define('User', { email: DataTypes.TEXT }, { tableName: 'users' })
    await User.sync()
    /** @param {string} email */
    const signUp = (email) =>
      sequelize.transaction(async (t) => {
        await User.create({ email }, { transaction: t })
        await Signup.enqueue({ email }, { tx: t, prefix })
        if (email === 'undone') throw new Error('undo')
      })
    await signUp('kept')
    await assert.rejects(signUp('undone'), { message: 'undo' })
    assert.deepEqual(await rows('SELECT email FROM users'), [{ email: 'kept' }])
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'kept' } }])
    await sequelize.close()
  }))
