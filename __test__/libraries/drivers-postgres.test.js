// Enqueueing on the sql of a postgres.js transaction.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import postgres from 'postgres'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { enqueuesInTransactions, Signup } from '../support/transactions.js'
import { adapters } from './adapters/postgres.js'

for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(name, open)

test('postgres.js: sql itself is never a transaction', async () => {
  const sql = postgres(DATABASE_URL)
  const refusal = {
    code: 'ERAM_NOT_IN_TRANSACTION',
    message:
      'tx: expected an open postgres transaction, got a function outside of one; pass the sql that sql.begin(async (sql) => …) gives',
  }
  assert.throws(() => resolveExecutor(sql), refusal)
  await assert.rejects(Signup.enqueue({ email: 'a' }, { tx: /** @type {any} */ (sql) }), refusal)
  // Nor a query that has yet to run.
  assert.throws(() => resolveExecutor(sql`SELECT 1`), { code: 'ERAM_NOT_IN_TRANSACTION' })
  await sql.end()
})

test('postgres.js: it rolls back after a refusal even if the error was swallowed', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const sql = postgres(url)
    const swallowed = sql.begin(async (tx) => {
      await Signup.enqueue({ email: 'undone' }, { tx, prefix })
      await Signup.enqueue({ email: 'a' }, { tx, prefix: 'no_such_schema' }).catch(() => {})
    })
    await assert.rejects(swallowed, { code: '3F000' })
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [])
    await sql.end()
  }))

test('postgres.js: a lost connection has its own code', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const sql = postgres(url)
    const lost = sql.begin(async (tx) => {
      const [{ pid }] = /** @type {[{ pid: number }]} */ (/** @type {unknown} */ (await tx`SELECT pg_backend_pid() AS pid`))
      await rows('SELECT pg_terminate_backend($1, 5000)', [pid])
      await assert.rejects(Signup.enqueue({ email: 'a' }, { tx, prefix }), { code: 'ERAM_UNAVAILABLE' })
      throw new Error('lost')
    })
    await assert.rejects(lost)
    await sql.end()
  }))
