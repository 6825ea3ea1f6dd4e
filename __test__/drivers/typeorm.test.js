// Enqueueing through TypeORM's EntityManager and QueryRunner.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DataSource, EntitySchema } from 'typeorm'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { adaptersOf } from '../libraries/adapters/typeorm.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { enqueuesInTransactions, Signup } from '../support/transactions.js'

const User = new EntitySchema({ name: 'User', columns: { id: { type: 'int', primary: true }, email: { type: 'text' } } })

/** @param {string} url */
const connect = (url) => new DataSource({ type: 'postgres', url, entities: [User], poolSize: 4 }).initialize()

for (const [name, open] of Object.entries(adaptersOf({ DataSource, EntitySchema })))
  enqueuesInTransactions(name, open, { transactions: 200 })

test('typeorm: what is outside a transaction is refused', async () => {
  const source = await connect(DATABASE_URL)
  const runner = source.createQueryRunner()
  for (const tx of [source, source.manager, source.getRepository(User), runner, runner.manager]) {
    assert.throws(() => resolveExecutor(tx), {
      code: 'ERAM_NOT_IN_TRANSACTION',
      message: /^tx: expected an open typeorm transaction, got an? \w+ outside of one; pass the EntityManager that dataSource\.transaction/,
    })
  }
  await runner.release()
  await source.destroy()
})

test('typeorm: a repository stands for its manager', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const source = await connect(url)
    await source.transaction(async (manager) => {
      await Signup.enqueue({ email: 'a' }, { tx: manager.getRepository(User), prefix })
      assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [])
    })
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'a' } }])
    await source.destroy()
  }))

test('typeorm: a manager whose transaction has ended is refused', () =>
  withSchema(async ({ url, prefix }) => {
    const source = await connect(url)
    const ended = await source.transaction(async (manager) => manager)
    await assert.rejects(Signup.enqueue({ email: 'a' }, { tx: ended, prefix }), { code: 'ERAM_NOT_IN_TRANSACTION' })
    await source.destroy()
  }))
