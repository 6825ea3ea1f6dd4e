// Enqueueing where typeorm-transactional makes the DataSource and its manager mean the transaction of the running callback.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DataSource, EntitySchema } from 'typeorm'
import { addTransactionalDataSource, deleteDataSourceByName, Propagation, runInTransaction } from 'typeorm-transactional'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { enqueuesInTransactions, Signup } from '../support/transactions.js'
import { adapters } from './adapters/typeorm-transactional.js'

const User = new EntitySchema({ name: 'User', columns: { id: { type: 'int', primary: true } } })

/** @param {string} url */
async function connect(url) {
  const source = addTransactionalDataSource(new DataSource({ type: 'postgres', url, entities: [User], poolSize: 4 }))
  return source.initialize()
}

/** @param {DataSource} source */
async function close(source) {
  deleteDataSourceByName('default')
  await source.destroy()
}

for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(name, open)

test('typeorm-transactional: there is no transaction outside the callback', async () => {
  const source = await connect(DATABASE_URL)
  const repository = source.getRepository(User)
  const refused = () => {
    for (const tx of [source, source.manager, repository]) assert.throws(() => resolveExecutor(tx), { code: 'ERAM_NOT_IN_TRANSACTION' })
  }
  refused()
  await runInTransaction(async () => {
    for (const tx of [source, source.manager, repository]) assert.equal(resolveExecutor(tx).name, 'typeorm')
  })
  await runInTransaction(async () => refused(), { propagation: Propagation.NOT_SUPPORTED })
  refused()
  await close(source)
})

test('typeorm-transactional: a nested transaction is one of its own, and its job stays when the outer is undone', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const source = await connect(url)
    const undone = runInTransaction(async () => {
      await Signup.enqueue({ email: 'outer' }, { tx: source.manager, prefix })
      await runInTransaction(() => Signup.enqueue({ email: 'nested' }, { tx: source.manager, prefix }), { propagation: Propagation.NESTED })
      throw new Error('undo')
    })
    await assert.rejects(undone, { message: 'undo' })
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'nested' } }])
    await close(source)
  }))
