// Enqueueing through TypeORM's EntityManager and QueryRunner.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DataSource, EntitySchema } from 'typeorm'
import { resolveExecutor } from '../lib/drivers/index.js'
import { DATABASE_URL, withSchema } from './helpers/database.js'
import { enqueuesInTransactions, Signup } from './helpers/transactions.js'

const User = new EntitySchema({ name: 'User', columns: { id: { type: 'int', primary: true }, email: { type: 'text' } } })

/** @param {string} url */
const connect = (url) => new DataSource({ type: 'postgres', url, entities: [User], poolSize: 4 }).initialize()

enqueuesInTransactions('typeorm EntityManager', async ({ url }) => {
  const source = await connect(url)
  return {
    transaction: (fn) => source.transaction(fn),
    savepoint: (manager, fn) => manager.transaction(fn),
    close: () => source.destroy(),
  }
})

enqueuesInTransactions('typeorm QueryRunner', async ({ url }) => {
  const source = await connect(url)
  /** @param {import('typeorm').QueryRunner} runner @param {(tx: any) => Promise<unknown>} fn */
  const within = async (runner, fn) => {
    await runner.startTransaction()
    try {
      const result = await fn(runner)
      await runner.commitTransaction()
      return result
    } catch (error) {
      await runner.rollbackTransaction()
      throw error
    }
  }
  return {
    async transaction(fn) {
      const runner = source.createQueryRunner()
      try {
        return await within(runner, fn)
      } finally {
        await runner.release()
      }
    },
    savepoint: within,
    close: () => source.destroy(),
  }
})

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
