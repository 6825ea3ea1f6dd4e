// Jobs with `transaction: true`: what they wrote and their own outcome are there both, or neither.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { sql, until, withSchema } from '../support/database.js'
import { createHarness, QUEUES } from '../support/fixtures/engine.js'
import {
  HookedTransactedJob,
  IsolatedTransactedJob,
  NestedJob,
  PartlyJob,
  StrictJob,
  TransactedJob,
} from '../support/fixtures/transacted.js'

/** @typedef {ReturnType<typeof createHarness> & { effects: (id: number) => Promise<any[]> }} Harness */

/** @param {(harness: Harness) => Promise<void>} run */
function withDriver(run) {
  return withSchema(async (schema) => {
    await schema.rows('CREATE TABLE effects (job bigint NOT NULL, attempt integer NOT NULL)')
    const driver = { type: /** @type {const} */ ('pg'), config: { connectionString: schema.url } }
    const engine = await EramEngine.start({ driver, prefix: schema.prefix, queues: QUEUES, grace: 2000 })
    try {
      const effects = (/** @type {number} */ id) => schema.rows('SELECT *, xmin::text FROM effects WHERE job = $1', [id])
      await run({ ...createHarness(engine, schema), effects })
    } finally {
      await engine.stop({ grace: 0 })
    }
  })
}

describe('the outcome of a job in a transaction', () => {
  for (const [where, type] of Object.entries({ 'a thread': TransactedJob, 'a process': IsolatedTransactedJob })) {
    test(`is written by the very transaction of its effects, in ${where}`, () =>
      withDriver(async ({ schema, runToCompletion, effects, recordEvents }) => {
        const stops = recordEvents('job:stop')
        const row = await runToCompletion(type, { schema: schema.prefix, value: 'nul' })
        assert.deepEqual([row.state, row.result, row.attempt], ['completed', { sent: 'a\ufffdb' }, 1])
        const [effect] = await effects(row.id)
        const { xmin } = await schema.row('SELECT xmin::text FROM eram_jobs WHERE id = $1', [row.id])
        assert.equal(effect.xmin, xmin)
        await until(() => assert.equal(stops.length, 1))
        assert.deepEqual([stops[0].job.id, stops[0].state, stops[0].result], [row.id, 'success', row.result])
      }))
  }

  test('commits when it is returned, whatever it is', () =>
    withDriver(async ({ schema, runToCompletion, effects }) => {
      for (const [choose, state] of Object.entries({ snooze: 'scheduled', cancel: 'cancelled', discard: 'discarded' })) {
        const row = await runToCompletion(TransactedJob, { schema: schema.prefix, choose })
        assert.equal(row.state, state)
        const [effect] = await effects(row.id)
        const { xmin } = await schema.row('SELECT xmin::text FROM eram_jobs WHERE id = $1', [row.id])
        assert.equal(effect?.xmin, xmin, choose)
      }
    }))

  test('rolls back when it is thrown, and when it is a retry', () =>
    withDriver(async ({ schema, runToCompletion, effects }) => {
      const states = { snooze: 'scheduled', cancel: 'cancelled', discard: 'discarded', retry: 'retryable' }
      for (const [choose, state] of Object.entries(states)) {
        const row = await runToCompletion(TransactedJob, { schema: schema.prefix, choose, how: choose === 'retry' ? 'return' : 'throw' })
        assert.equal(row.state, state)
        assert.deepEqual(await effects(row.id), [], choose)
      }
    }))

  test('is a failure when the commit is refused', () =>
    withDriver(async ({ schema, runToCompletion, effects }) => {
      await schema.rows('ALTER TABLE effects ADD CONSTRAINT once UNIQUE (job) DEFERRABLE INITIALLY DEFERRED')
      const row = await runToCompletion(TransactedJob, {
        schema: schema.prefix,
        sql: `INSERT INTO "${schema.prefix}".effects SELECT job, 0 FROM "${schema.prefix}".effects`,
      })
      assert.equal(row.state, 'retryable')
      assert.equal(row.errors[0].code, '23505')
      assert.deepEqual(await effects(row.id), [])
    }))

  test('reaches the hooks after the commit', () =>
    withDriver(async ({ schema, runToCompletion, recordEvents }) => {
      const lines = recordEvents('job:log')
      await runToCompletion(HookedTransactedJob, { schema: schema.prefix, value: 7 })
      await runToCompletion(HookedTransactedJob, { schema: schema.prefix, choose: 'discard' })
      await until(() =>
        assert.deepEqual(
          lines.map(({ message }) => message),
          ['success 7', 'discard as told'],
        ),
      )
    }))
})

test('a job that was given up meanwhile leaves no effect', () =>
  withDriver(async ({ schema, recordEvents, effects, job }) => {
    const lost = recordEvents('job:lost')
    const stops = recordEvents('job:stop')
    const steal = `UPDATE "${schema.prefix}".eram_jobs SET attempt = 2, attempted_at = clock_timestamp(), attempted_by = ARRAY['other', gen_random_uuid()::text]`
    // By another connection, as a node would that has rescued and claimed it.
    const other = await sql(schema.url, schema.prefix)
    await other.rows('SELECT pg_advisory_lock(hashtext($1))', [schema.prefix])
    const { id } = await TransactedJob.enqueue({
      schema: schema.prefix,
      sql: `SELECT pg_advisory_xact_lock(hashtext('${schema.prefix}'))`,
    })
    await until(async () => assert.equal((await job(Number(id))).state, 'executing'))
    await other.rows(steal)
    await other.end()
    await until(() => assert.equal(lost.length, 1))
    assert.equal(lost[0].job.id, Number(id))
    assert.deepEqual(await effects(Number(id)), [])
    assert.deepEqual(stops, [])
    const row = await job(Number(id))
    assert.deepEqual([row.state, row.attempt, row.attempted_by[0]], ['executing', 2, 'other'])
  }))

test('enqueue with { tx: null } in a transaction stays when that is rolled back', () =>
  withDriver(async ({ schema, runToCompletion }) => {
    await runToCompletion(TransactedJob, { schema: schema.prefix, outside: true, how: 'throw' })
    assert.equal((await schema.rows(`SELECT id FROM eram_jobs WHERE worker = 'UnknownJob'`)).length, 1)
  }))

describe('transaction: { isolation, timeout }', () => {
  test('begins such a transaction', () =>
    withDriver(async ({ schema, runToCompletion }) => {
      const row = await runToCompletion(StrictJob, { schema: schema.prefix })
      assert.deepEqual([row.state, row.result], ['completed', { isolation: 'serializable', timeout: '1500ms' }])
    }))

  test('ends a statement that takes longer, and rolls back', () =>
    withDriver(async ({ schema, runToCompletion, effects }) => {
      const row = await runToCompletion(StrictJob, { schema: schema.prefix, sql: 'SELECT pg_sleep(60)' })
      assert.deepEqual([row.state, row.errors[0].code], ['discarded', '57014'])
      assert.deepEqual(await effects(row.id), [])
    }))

  test('rolls back a job that takes longer, and aborts its signal', () =>
    withDriver(async ({ schema, runToCompletion, effects }) => {
      const row = await runToCompletion(StrictJob, { schema: schema.prefix, ms: 60_000 })
      assert.deepEqual([row.state, row.errors[0].kind], ['discarded', 'timeout'])
      assert.deepEqual(await effects(row.id), [])
    }))
})

describe('ctx.transaction()', () => {
  test('is committed with the jobs that were enqueued in it', () =>
    withDriver(async ({ schema, runToCompletion, effects }) => {
      const row = await runToCompletion(PartlyJob, { schema: schema.prefix, options: { isolation: 'repeatable read', timeout: 5000 } })
      assert.deepEqual([row.state, row.result], ['completed', { before: true, inside: 'repeatable read' }])
      const [effect] = await effects(row.id)
      const enqueued = await schema.row(`SELECT xmin::text FROM eram_jobs WHERE queue = 'unserved'`)
      assert.equal(effect.xmin, enqueued.xmin)
    }))

  test('is rolled back when it throws', () =>
    withDriver(async ({ schema, runToCompletion, effects }) => {
      const row = await runToCompletion(PartlyJob, { schema: schema.prefix, how: 'throw' })
      assert.deepEqual([row.state, row.errors[0].message], ['discarded', 'as told'])
      assert.deepEqual(await effects(row.id), [])
      assert.deepEqual(await schema.rows(`SELECT id FROM eram_jobs WHERE queue = 'unserved'`), [])
    }))

  test('refuses unknown options, and a transaction inside another', () =>
    withDriver(async ({ schema, runToCompletion }) => {
      for (const [options, message] of /** @type {const} */ ([
        [{ isolation: 'snapshot' }, /ctx\.transaction: isolation: expected one of "read committed", .*, got "snapshot"/],
        [{ timeout: -1 }, /ctx\.transaction: timeout: expected milliseconds, a positive integer, got -1/],
        [{ retries: 3 }, /ctx\.transaction: options: expected only isolation and timeout, got "retries"/],
      ])) {
        const row = await runToCompletion(PartlyJob, { schema: schema.prefix, options })
        assert.match(row.errors[0].message, message)
      }
      const row = await runToCompletion(NestedJob, {})
      assert.match(row.errors[0].message, /expected a job without a transaction, got one with transaction: true; use ctx\.tx/)
    }))
})
