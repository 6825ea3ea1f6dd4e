// Enqueueing on a client of node-postgres.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { EramEngine } from '../../index.js'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { adapters } from '../libraries/adapters/pg.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { enqueuesInTransactions, Signup } from '../support/transactions.js'

for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(name, open, { transactions: 200 })

/** @param {RegExp} got */
const refusal = (got) => ({ code: 'ERAM_NOT_IN_TRANSACTION', message: got })

test('pg: a pool is never a transaction', async () => {
  const pool = new pg.Pool({ connectionString: DATABASE_URL })
  assert.throws(
    () => resolveExecutor(pool),
    refusal(/^tx: expected an open pg transaction, got a \w+ outside of one; pass the client on which/),
  )
  await assert.rejects(Signup.enqueue({ email: 'a' }, { tx: /** @type {any} */ (pool) }), { code: 'ERAM_NOT_IN_TRANSACTION' })
  await pool.end()
})

test('pg: a client is a transaction from BEGIN to COMMIT', () =>
  withSchema(async ({ url, prefix }) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    assert.throws(() => resolveExecutor(client), refusal(/outside of one/))
    await client.query('BEGIN')
    await Signup.enqueue({ email: 'a' }, { tx: client, prefix })
    await client.query('COMMIT')
    assert.throws(() => resolveExecutor(client), refusal(/outside of one/))

    // This BEGIN was not awaited: the client does not know its state yet, so the transaction is assumed to be open.
    const begun = client.query('BEGIN')
    await Signup.enqueue({ email: 'b' }, { tx: client, prefix })
    await begun
    await client.query('ROLLBACK')
    const { rows } = await client.query(`SELECT args FROM ${prefix}.eram_jobs`)
    assert.deepEqual(rows, [{ args: { email: 'a' } }])
    await client.end()
  }))

test('pg: an aborted transaction and a lost connection have their own codes', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    await client.connect()
    await client.query('BEGIN')
    await assert.rejects(client.query('SELECT no_such_column'))
    await assert.rejects(Signup.enqueue({ email: 'a' }, { tx: client, prefix }), { code: 'ERAM_DATABASE', sqlstate: '25P02' })
    await client.query('ROLLBACK')

    const {
      rows: [{ pid }],
    } = await client.query('SELECT pg_backend_pid() AS pid')
    await client.query('BEGIN')
    await rows('SELECT pg_terminate_backend($1, 5000)', [pid])
    await assert.rejects(Signup.enqueue({ email: 'a' }, { tx: client, prefix }), { code: 'ERAM_UNAVAILABLE' })
  }))

test('pg: the ambient transaction ends with its callback', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await assert.rejects(
      EramEngine.withTransaction(client, () => assert.fail('ran')),
      { code: 'ERAM_NOT_IN_TRANSACTION' },
    )

    await client.query('BEGIN')
    /** @type {(value?: unknown) => void} */
    let goOn = () => {}
    const later = new Promise((resolve) => {
      goOn = resolve
    })
    /** @type {Promise<unknown> | undefined} */
    let forgotten
    const result = await EramEngine.withTransaction(
      client,
      async () => {
        await Signup.enqueue({ email: 'inside' })
        await assert.rejects(Signup.enqueue({ email: 'outside' }, { tx: null }), { code: 'ERAM_NOT_RUNNING' })
        await EramEngine.withTransaction(null, () => assert.rejects(Signup.enqueue({ email: 'outside' }), { code: 'ERAM_NOT_RUNNING' }))
        forgotten = later.then(() => Signup.enqueue({ email: 'too late' }))
        return 'done'
      },
      { prefix },
    )
    assert.equal(result, 'done')
    goOn()
    await assert.rejects(forgotten ?? assert.fail(), { code: 'ERAM_NOT_IN_TRANSACTION', message: /it has ended; await enqueue\(\) inside/ })
    await client.query('COMMIT')
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'inside' } }])
    await client.end()
  }))
