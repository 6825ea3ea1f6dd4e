// Enqueueing on the connection of a transaction of Slonik 47.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPool, sql } from 'slonik'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { withSchema } from '../support/database.js'
import { enqueuesInTransactions, Signup } from '../support/transactions.js'
import { adapters } from './adapters/slonik.js'

/** @param {string} url @param {import('slonik').ClientConfigurationInput} [options] */
const connect = (url, options) => createPool(url, { maximumPoolSize: 4, ...options })

for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(name, open)

test('slonik: a pool is never a transaction, a connection is taken at its word', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const pool = await connect(url)
    const refused = {
      code: 'ERAM_NOT_IN_TRANSACTION',
      message: /^tx: expected an open slonik transaction, got .* outside of one; pass the connection that pool\.transaction\(/,
    }
    assert.throws(() => resolveExecutor(pool), refused)
    await pool.connect((connection) => Signup.enqueue({ email: 'a' }, { tx: connection, prefix }))
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'a' } }])
    await pool.end()
  }))

test('slonik: a connection whose transaction has ended takes no more jobs', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const pool = await connect(url)
    const [ended] = await pool.transaction(async (tx) => {
      await tx.transaction(async () => {
        // The transaction around an open savepoint waits for its end.
        await assert.rejects(Signup.enqueue({ email: 'secret' }, { tx, prefix }), { code: 'ERAM_DRIVER', message: /parent transaction/ })
      })
      return [tx]
    })
    await assert.rejects(Signup.enqueue({ email: 'secret' }, { tx: ended, prefix }), { code: 'ERAM_DRIVER', message: /parent transaction/ })
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [])
    await pool.end()
  }))

test('slonik: a row and its job are committed together', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const pool = await connect(url)
    await rows('CREATE TABLE users (email text)')
    /** @param {string} email */
    const signUp = (email) =>
      pool.transaction(async (tx) => {
        await tx.query(sql.unsafe`INSERT INTO ${sql.identifier([prefix, 'users'])} (email) VALUES (${email})`)
        await Signup.enqueue({ email }, { tx, prefix })
        if (email === 'undone') throw new Error('undo')
      })
    await signUp('kept')
    await assert.rejects(signUp('undone'), { message: 'undo' })
    assert.deepEqual(await rows('SELECT email FROM users'), [{ email: 'kept' }])
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'kept' } }])
    await pool.end()
  }))
