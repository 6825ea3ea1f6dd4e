// Enqueueing on the t of a transaction of pg-promise.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import pgPromise from 'pg-promise'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { enqueuesInTransactions, Signup } from '../support/transactions.js'
import { adapters } from './adapters/pg-promise.js'

/** @param {string} url @param {import('pg-promise').IInitOptions} [options] @returns {import('pg-promise').IDatabase<{}>} */
const connect = (url, options) => pgPromise({ noWarnings: true, ...options })({ connectionString: url, max: 4 })

for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(name, open)

/** @param {string} got */
const refusal = (got) => ({
  code: 'ERAM_NOT_IN_TRANSACTION',
  message: `tx: expected an open pg-promise transaction, got ${got} outside of one; pass the t that db.tx(async (t) => …) gives`,
})

test('pg-promise: what is outside a transaction is refused', async () => {
  const db = connect(DATABASE_URL)
  assert.throws(() => resolveExecutor(db), refusal('a Database'))
  await assert.rejects(Signup.enqueue({ email: 'a' }, { tx: /** @type {any} */ (db) }), refusal('a Database'))
  await db.task(async (t) => assert.throws(() => resolveExecutor(t), refusal('a Task')))
  const connected = await db.connect()
  assert.throws(() => resolveExecutor(connected), { code: 'ERAM_NOT_IN_TRANSACTION', message: /expected an open pg-promise transaction/ })
  await connected.done()
  await db.$pool.end()
})

test('pg-promise: a transaction that has ended is refused', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const db = connect(url)
    const ended = await db.tx(async (t) => ({ t }))
    await assert.rejects(Signup.enqueue({ email: 'late' }, { tx: ended.t, prefix }), refusal('a Task'))
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [])
    await db.$pool.end()
  }))

test('pg-promise: arguments do not become part of the statement', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const db = connect(url)
    const email = `$1 $<email> \${email} '); DROP TABLE eram_jobs; -- \\' "`
    await db.tx(async (tx) => {
      // Where a server takes backslashes for escapes, text that a client wrote into SQL would end too early.
      await tx.none('SET LOCAL standard_conforming_strings = off')
      await Signup.enqueue({ email }, { tx, prefix })
    })
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email } }])
    await db.$pool.end()
  }))

test('pg-promise: a lost connection has its own code', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const db = connect(url)
    const lost = db.tx(async (tx) => {
      const { pid } = await tx.one('SELECT pg_backend_pid() AS pid')
      await rows('SELECT pg_terminate_backend($1, 5000)', [pid])
      await assert.rejects(Signup.enqueue({ email: 'a' }, { tx, prefix }), { code: 'ERAM_UNAVAILABLE' })
      throw new Error('lost')
    })
    await assert.rejects(lost)
    await db.$pool.end()
  }))
