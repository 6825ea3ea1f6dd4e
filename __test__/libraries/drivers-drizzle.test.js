// Enqueueing on the tx of Drizzle, on node-postgres and on postgres.js.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drizzle as onPg } from 'drizzle-orm/node-postgres'
import { pgTable, text, withReplicas } from 'drizzle-orm/pg-core'
import { drizzle as onPostgres } from 'drizzle-orm/postgres-js'
import pg from 'pg'
import postgres from 'postgres'
import { EramEngine } from '../../index.js'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { enqueuesInTransactions, Signup } from '../support/transactions.js'
import { adapters } from './adapters/drizzle.js'

/** @type {Record<string, (url: string) => { db: any, close: () => Promise<unknown> }>} */
const drivers = {
  'node-postgres': (url) => {
    const pool = new pg.Pool({ connectionString: url, max: 4 })
    return { db: onPg(pool, { casing: 'snake_case' }), close: () => pool.end() }
  },
  'postgres.js': (url) => {
    const sql = postgres(url, { max: 4 })
    return { db: onPostgres(sql), close: () => sql.end() }
  },
}

for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(name, open)

for (const [driver, connect] of Object.entries(drivers)) {
  test(`drizzle on ${driver}: the db is never a transaction`, async () => {
    const { db, close } = connect(DATABASE_URL)
    const message =
      /^tx: expected an open drizzle transaction, got an? \w+ outside of one; pass the tx that db\.transaction\(async \(tx\) => …\) gives$/
    const users = pgTable('users', { email: text() })
    assert.throws(() => resolveExecutor(db), { code: 'ERAM_NOT_IN_TRANSACTION', message })
    assert.throws(() => resolveExecutor(withReplicas(db, [db])), { code: 'ERAM_NOT_IN_TRANSACTION', message })
    await assert.rejects(Signup.enqueue({ email: 'a' }, { tx: db }), { code: 'ERAM_NOT_IN_TRANSACTION', message })
    assert.throws(() => resolveExecutor(db.select().from(users)), { code: 'ERAM_NOT_IN_TRANSACTION' })
    await close()
  })

  test(`drizzle on ${driver}: the job stands or falls with the rows`, () =>
    withSchema(async ({ url, prefix, rows }) => {
      const { db, close } = connect(`${url}?options=-c%20search_path%3D${prefix}`)
      await rows('CREATE TABLE users (email text UNIQUE)')
      const users = pgTable('users', { email: text() })
      const signUp = (/** @type {string} */ email) =>
        db.transaction(async (/** @type {any} */ tx) => {
          await Signup.enqueue({ email }, { tx, prefix })
          await tx.insert(users).values({ email })
        })
      await signUp('a')
      await assert.rejects(signUp('a'), (/** @type {any} */ error) => error.cause.code === '23505')
      assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'a' } }])
      const undone = db.transaction(async (/** @type {any} */ tx) => {
        await Signup.enqueue({ email: 'b' }, { tx, prefix })
        tx.rollback()
      })
      await assert.rejects(undone, { message: 'Rollback' })
      assert.equal((await rows('SELECT FROM eram_jobs')).length, 1)
      await close()
    }))

  test(`drizzle on ${driver}: a lost connection has its own code`, () =>
    withSchema(async ({ url, prefix, rows }) => {
      const pool = connect(url)
      const lost = pool.db.transaction(async (/** @type {any} */ tx) => {
        tx.session.client.on?.('error', () => {})
        const answer = await tx.execute('SELECT pg_backend_pid() AS pid')
        await rows('SELECT pg_terminate_backend($1, 5000)', [(answer.rows ?? answer)[0].pid])
        await assert.rejects(Signup.enqueue({ email: 'secret' }, { tx, prefix }), (/** @type {any} */ error) => {
          assert.equal(error.code, 'ERAM_UNAVAILABLE')
          assert.doesNotMatch(error.message, /secret/)
          return true
        })
        throw new Error('lost')
      })
      await assert.rejects(lost)
      await pool.close()
    }))
}

test('drizzle on node-postgres: a transaction that has ended is refused', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const db = onPg(client)
    const tx = await db.transaction(async (inside) => inside)
    await assert.rejects(Signup.enqueue({ email: 'late' }, { tx, prefix }), { code: 'ERAM_NOT_IN_TRANSACTION' })
    await db.transaction((inside) => EramEngine.withTransaction(inside, () => Signup.enqueue({ email: 'a' }), { prefix }))
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'a' } }])
    await client.end()
  }))
