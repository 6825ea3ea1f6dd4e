// Enqueueing on a transaction of knex.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import knexTo from 'knex'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { enqueuesInTransactions, Signup } from '../support/transactions.js'
import { adapters } from './adapters/knex.js'

/** @param {string} url @param {import('knex').Knex.Config} [config] */
const connect = (url, config) => knexTo({ client: 'pg', connection: url, pool: { min: 0, max: 4 }, ...config })

for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(name, open)

/** @param {string} got */
const refusal = (got) => ({
  code: 'ERAM_NOT_IN_TRANSACTION',
  message: `tx: expected an open knex transaction, got ${got} outside of one; pass the trx that knex.transaction(async (trx) => …) gives`,
})

test('knex: what is outside a transaction is refused', async () => {
  const knex = connect(DATABASE_URL)
  assert.throws(() => resolveExecutor(knex), refusal('a function'))
  assert.throws(() => resolveExecutor(knex.withUserParams({ a: 1 })), refusal('a function'))
  await assert.rejects(Signup.enqueue({ email: 'a' }, { tx: /** @type {any} */ (knex) }), refusal('a function'))
  // A query of a transaction is none itself.
  await knex.transaction(async (trx) => assert.throws(() => resolveExecutor(trx('users')), { code: 'ERAM_NOT_IN_TRANSACTION' }))
  await knex.destroy()
})

test('knex: a transaction that has ended is refused, and so is what was inside', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const knex = connect(url)
    /** @type {import('knex').Knex.Transaction[]} */
    const ended = []
    await knex.transaction(async (trx) => {
      ended.push(trx)
      await trx.transaction(async (inner) => {
        ended.push(inner)
        await Signup.enqueue({ email: 'inside' }, { tx: inner, prefix })
      })
    })
    for (const tx of ended) await assert.rejects(Signup.enqueue({ email: 'late' }, { tx, prefix }), refusal('a function'))
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'inside' } }])
    await knex.destroy()
  }))

test('knex: question marks in arguments are not placeholders', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const knex = connect(url)
    const email = 'why? \\? ?? $1 :name: \\\\'
    await knex.transaction((tx) => Signup.enqueue({ email }, { tx, prefix }))
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email } }])
    // And so do those of a statement, and its parameters in any order.
    await knex.transaction(async (trx) => {
      const answer = await resolveExecutor(trx).query(`select '{"a":1}'::jsonb ? $2 as has, $1 || $2 as text`, ['x', 'a'])
      assert.deepEqual(answer, [{ has: true, text: 'xa' }])
    })
    await knex.destroy()
  }))

test('knex: a lost connection has its own code', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const knex = connect(url)
    const lost = knex.transaction(async (trx) => {
      const {
        rows: [{ pid }],
      } = await trx.raw('SELECT pg_backend_pid() AS pid')
      await rows('SELECT pg_terminate_backend($1, 5000)', [pid])
      await assert.rejects(Signup.enqueue({ email: 'a' }, { tx: trx, prefix }), { code: 'ERAM_UNAVAILABLE' })
      throw new Error('lost')
    })
    await assert.rejects(lost)
    await knex.destroy()
  }))
