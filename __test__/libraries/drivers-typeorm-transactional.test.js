// Enqueueing where typeorm-transactional makes the DataSource and its manager mean the transaction of the running callback.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DataSource, EntitySchema } from 'typeorm'
import {
  addTransactionalDataSource,
  deleteDataSourceByName,
  initializeTransactionalContext,
  Propagation,
  runInTransaction,
} from 'typeorm-transactional'
import { resolveExecutor } from '../../lib/drivers/index.js'
import { DATABASE_URL } from '../helpers/database.js'
import { enqueuesInTransactions } from '../helpers/transactions.js'

initializeTransactionalContext()

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

/** @param {string} name @param {(source: DataSource) => any} tx */
const suite = (name, tx) =>
  enqueuesInTransactions(name, async ({ url }) => {
    const source = await connect(url)
    return {
      transaction: (fn) => runInTransaction(() => fn(tx(source))),
      savepoint: (_tx, fn) => runInTransaction(() => fn(tx(source)), { propagation: Propagation.NESTED }),
      close: () => close(source),
    }
  })

suite('typeorm-transactional, its manager', (source) => source.manager)
suite('typeorm-transactional, its DataSource', (source) => source)

test('typeorm-transactional: outside of the callback there is no transaction', async () => {
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
