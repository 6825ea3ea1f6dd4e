// A unique job is stored, or the one in its place is shown, or there is an error, at each level of isolation and under the settings
// that a database may have.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine } from '../../index.js'
import { sql, until, withSchema } from '../support/database.js'
import { withOwnDatabase } from '../support/own-database.js'

const UNIQUE = JSON.stringify({ worker: 'Sample', unique: true })

/** Settings of a database with which the engine works as with none. */
const SETTINGS = [
  [`default_transaction_isolation = 'serializable'`, `default_transaction_deferrable = on`],
  [`default_transaction_isolation = 'repeatable read'`, `search_path = ''`],
  [
    `DateStyle = 'SQL, DMY'`,
    `IntervalStyle = 'sql_standard'`,
    `TimeZone = 'Asia/Kathmandu'`,
    'bytea_output = escape',
    'extra_float_digits = -15',
  ],
  [`client_encoding = 'LATIN1'`, 'array_nulls = off', 'quote_all_identifiers = on', 'xmloption = document', 'row_security = off'],
  ['enable_indexscan = off', 'enable_bitmapscan = off', 'enable_nestloop = off', 'plan_cache_mode = force_custom_plan', 'work_mem = 64'],
  [`plpgsql.variable_conflict = 'use_variable'`, `plpgsql.extra_errors = 'all'`, `lc_messages = 'C'`, 'transform_null_equals = on'],
]

for (const settings of SETTINGS) {
  test(`a second unique job is shown the first, with ${settings.join(', ')}`, () =>
    withOwnDatabase({ settings }, async ({ url, prefix }) => {
      const engine = await EramEngine.start({ url, prefix, queues: { default: 5 }, logger: false })
      const { client, end } = await sql(url, prefix)
      try {
        for (let n = 0; n < 10; n++) {
          const unique = { unique: true, schedule_in: n % 2 === 0 ? 3600 : 0, tags: ['a'], meta: { n } }
          const [first, second] = [await engine.enqueue('Sample', { n }, unique), await engine.enqueue('Sample', { n }, unique)]
          assert.deepEqual([first.conflict, second.conflict, second.id], [false, true, first.id])
          assert.deepEqual(second.args, { n })
          const [third] = await engine.enqueueAll([{ worker: 'Sample', args: { n }, ...unique }])
          assert.deepEqual([third?.conflict, third?.id], [true, first.id])
          // In a transaction of the caller, which takes the engine's changes of the job for a conflict of its own.
          const fourth = await until(async () => {
            await client.query('BEGIN')
            try {
              return await engine.enqueue('Sample', { n }, { ...unique, tx: client })
            } finally {
              await client.query('COMMIT')
            }
          })
          assert.deepEqual([fourth.conflict, fourth.id], [true, first.id])
        }
      } finally {
        await end()
        await engine.stop()
      }
    }))
}

test('two engines that enqueue the same unique jobs at once in a serializable database store each once', () =>
  withOwnDatabase({ settings: [`default_transaction_isolation = 'serializable'`] }, async ({ url, prefix }) => {
    const engines = await Promise.all(['one', 'two'].map((name) => EramEngine.start({ url, prefix, name, logger: false })))
    try {
      const jobs = await Promise.all(
        Array.from({ length: 100 }, (_, n) => engines.map((engine) => engine.enqueue('Sample', { n }, { unique: true }))).flat(),
      )
      assert.equal(new Set(jobs.map(({ id }) => id)).size, 100)
      assert.equal(jobs.filter(({ conflict }) => !conflict).length, 100)
    } finally {
      await Promise.all(engines.map((engine) => engine.stop()))
    }
  }))

for (const level of ['REPEATABLE READ', 'SERIALIZABLE']) {
  test(`a ${level} transaction that cannot see the job in its place gets 40001`, () =>
    withSchema(async ({ url, prefix, rows }) => {
      const { client, end } = await sql(url, prefix)
      const engine = await EramEngine.start({ url, prefix, logger: false })
      try {
        for (const savepoint of [false, true]) {
          await rows('DELETE FROM eram_jobs')
          await client.query(`BEGIN ISOLATION LEVEL ${level}`)
          await client.query('SELECT FROM eram_jobs')
          await rows('SELECT eram_enqueue($1)', [UNIQUE])
          if (savepoint) await client.query('SAVEPOINT here')
          const refused = engine.enqueue('Sample', {}, { unique: true, tx: client })
          await assert.rejects(refused, { code: 'ERAM_DATABASE', sqlstate: '40001' })
          if (savepoint) {
            await client.query('ROLLBACK TO here')
            await assert.rejects(client.query('SELECT eram_enqueue($1)', [UNIQUE]), { code: '40001' })
          }
          await client.query('ROLLBACK')
          const job = await engine.enqueue('Sample', {}, { unique: true })
          assert.equal(job.conflict, true)
        }
        // Its own job, and one from before, it sees.
        await client.query(`BEGIN ISOLATION LEVEL ${level}`)
        assert.equal((await engine.enqueue('Sample', {}, { unique: true, tx: client })).conflict, true)
        const own = await engine.enqueue('Sample', { own: true }, { unique: true, tx: client })
        const again = await engine.enqueue('Sample', { own: true }, { unique: true, tx: client })
        assert.deepEqual([again.conflict, again.id], [true, own.id])
        await client.query('COMMIT')
      } finally {
        await engine.stop()
        await end()
      }
    }))
}

test('what another index or constraint refuses is an error, not a conflict', () =>
  withSchema(async ({ url, prefix, rows }) => {
    await rows(`CREATE UNIQUE INDEX one_per_tenant ON eram_jobs ((args->>'tenant')) WHERE worker = 'Tenant';
      ALTER TABLE eram_jobs ADD CONSTRAINT apart EXCLUDE (priority WITH =) WHERE (worker = 'Apart')`)
    const { client, end } = await sql(url, prefix)
    const engine = await EramEngine.start({ url, prefix, logger: false })
    try {
      for (const [worker, sqlstate, name] of /** @type {const} */ ([
        ['Tenant', '23505', 'one_per_tenant'],
        ['Apart', '23P01', 'apart'],
      ])) {
        await engine.enqueue(worker, { tenant: 1 })
        for (const unique of [false, true]) {
          const refused = { code: 'ERAM_DATABASE', sqlstate, message: new RegExp(name) }
          await assert.rejects(engine.enqueue(worker, { tenant: 1 }, { unique }), refused)
          await client.query('BEGIN')
          await assert.rejects(engine.enqueue(worker, { tenant: 1 }, { unique, tx: client }), refused)
          await client.query('ROLLBACK')
        }
        assert.equal((await rows('SELECT FROM eram_jobs WHERE worker = $1', [worker])).length, 1)
      }
    } finally {
      await engine.stop()
      await end()
    }
  }))
