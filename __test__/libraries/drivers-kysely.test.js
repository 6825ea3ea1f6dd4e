// Enqueueing on Kysely's Transaction and ControlledTransaction.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { enqueuesInTransactions, Signup } from '../support/transactions.js'
import { adapters } from './adapters/kysely.js'

/** @param {string} url @param {Omit<import('kysely').KyselyConfig, 'dialect'>} [config] @returns {Kysely<any>} */
const connect = (url, config) =>
  new Kysely({ ...config, dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 4 }) }) })

for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(name, open)

/** @param {string} got */
const refusal = (got) => ({
  code: 'ERAM_NOT_IN_TRANSACTION',
  message: `tx: expected an open kysely transaction, got ${got} outside of one; pass the trx that db.transaction().execute(async (trx) => …) gives, or one of db.startTransaction()`,
})

test('kysely: what is outside a transaction is refused', async () => {
  const db = connect(DATABASE_URL)
  for (const tx of [db, db.withSchema('a'), db.withPlugin(new CamelCasePlugin())]) {
    assert.throws(() => resolveExecutor(tx), refusal('a Kysely'))
  }
  await assert.rejects(Signup.enqueue({ email: 'a' }, { tx: /** @type {any} */ (db) }), refusal('a Kysely'))
  await db.connection().execute(async (one) => assert.throws(() => resolveExecutor(one), refusal('a Kysely')))
  await db.destroy()
})

test('kysely: a transaction that has ended takes no job', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const db = connect(url)
    for (const end of /** @type {const} */ (['commit', 'rollback'])) {
      const tx = await db.startTransaction().execute()
      await tx[end]().execute()
      await assert.rejects(Signup.enqueue({ email: 'late' }, { tx, prefix }), refusal('a ControlledTransaction'))
    }
    // A Transaction does not tell. Kysely itself refuses the statement.
    const tx = await db.transaction().execute(async (trx) => trx)
    await assert.rejects(Signup.enqueue({ email: 'late' }, { tx, prefix }), {
      code: 'ERAM_DRIVER',
      message: 'enqueue through kysely: Transaction is already committed',
    })
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [])
    await db.destroy()
  }))

test('kysely: the job stands or falls with the rows', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const db = connect(url)
    await rows('CREATE TABLE users (email text UNIQUE)')
    const signUp = (/** @type {string} */ email) =>
      db.transaction().execute(async (tx) => {
        await Signup.enqueue({ email }, { tx: tx.withSchema(prefix), prefix })
        await tx.withSchema(prefix).insertInto('users').values({ email }).execute()
      })
    await signUp('a')
    await assert.rejects(signUp('a'), { code: '23505' })
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'a' } }])
    await db.destroy()
  }))
