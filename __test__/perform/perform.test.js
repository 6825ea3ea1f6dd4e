// What a job gets and where it runs.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { threadId } from 'node:worker_threads'
import { EramEngine } from '../../index.js'
import { withSchema } from '../support/database.js'
import { createHarness, withEngine } from '../support/fixtures/engine.js'
import { MainJob, SyncJob, ThreadJob, TransactionJob } from '../support/fixtures/jobs.js'

describe('a job', () => {
  test('with a filename runs on a thread of its queue, without one on the main thread', () =>
    withEngine({}, async ({ runToCompletion }) => {
      const thread = (await runToCompletion(ThreadJob, { action: 'where' })).result
      assert.equal(thread.isMainThread, false)
      assert.notEqual(thread.threadId, threadId)
      assert.equal(thread.pid, process.pid)
      assert.equal((await runToCompletion(MainJob, { action: 'where' })).result.threadId, threadId)
    }))

  test('gets its arguments, its row and an unaborted signal', () =>
    withEngine({}, async ({ runToCompletion }) => {
      const args = { action: 'context', nested: { list: [1, 'two', null] } }
      const { id, state, result } = await runToCompletion(ThreadJob, args, {
        tags: ['a'],
        meta: { m: 1 },
        priority: 3,
        timeout: 60_000,
        max_attempts: 7,
      })
      assert.equal(state, 'completed')
      assert.deepEqual(
        { ...result, job: undefined },
        { job: undefined, id, attempt: 1, max_attempts: 7, dates: true, aborted: false, tx: true },
      )
      const { inserted_at, scheduled_at, attempted_at, ...job } = result.job
      assert.deepEqual(job, {
        id,
        state: 'executing',
        worker: 'ThreadJob',
        queue: 'thread',
        attempt: 1,
        max_attempts: 7,
        priority: 3,
        args,
        meta: { m: 1 },
        tags: ['a'],
        errors: [],
        timeout: 60_000,
      })
    }))

  test('sees the errors of its earlier attempts', () =>
    withEngine({}, async ({ runToCompletion, schema, engine, waitForState }) => {
      const { id } = await runToCompletion(ThreadJob, { action: 'throw', message: 'the first time' })
      await schema.rows(`UPDATE eram_jobs SET args = '{"action":"context"}' WHERE id = $1`, [id])
      await engine.jobs.retry(id)
      const { result } = await waitForState(id, 'completed')
      assert.equal(result.attempt, 2)
      assert.equal(result.job.errors.length, 1)
      assert.equal(result.job.errors[0].message, 'the first time')
    }))

  test('may return without a promise', () =>
    withEngine({}, async ({ runToCompletion }) => {
      assert.deepEqual((await runToCompletion(SyncJob, { action: 'return', value: { plain: true } })).result, { plain: true })
      const failed = await runToCompletion(SyncJob, { action: 'throw', message: 'at once' })
      assert.equal(failed.errors[0].message, 'at once')
    }))

  for (const type of [ThreadJob, MainJob]) {
    test(`enqueues others: ${type.name}`, () =>
      withEngine({}, async ({ runToCompletion, waitForState }) => {
        const { result } = await runToCompletion(type, { action: 'enqueue', script: { action: 'return', value: 'from a job' } })
        assert.equal((await waitForState(result, 'completed')).result, 'from a job')
      }))
  }

  test('that asks for the engine in its thread gets the one that runs', () =>
    withEngine({}, async ({ runToCompletion, schema }) => {
      const { result } = await runToCompletion(ThreadJob, { action: 'engine' })
      assert.deepEqual(result, { name: 'default', prefix: schema.prefix })
    }))

  test('steers the engine from its thread', () =>
    withEngine({}, async ({ runToCompletion, engine }) => {
      await runToCompletion(ThreadJob, { action: 'pause', queue: 'main' })
      assert.equal((await engine.checkQueue('main')).paused, true)
    }))

  test('sends its log lines to listeners', () =>
    withEngine({}, async ({ runToCompletion, recordEvents }) => {
      const lines = recordEvents('job:log')
      const { id } = await runToCompletion(ThreadJob, { action: 'log', words: ['%s of %d', 'two', 3, { and: 'more' }] })
      await runToCompletion(MainJob, { action: 'log', words: ['on main'] })
      assert.deepEqual(
        lines.map(({ level, message, fields }) => [level, message, fields]),
        [
          ['warn', 'two of 3', { and: 'more' }],
          ['warn', 'on main', undefined],
        ],
      )
      assert.deepEqual(lines[0].job, { id, worker: 'ThreadJob', queue: 'thread', attempt: 1, max_attempts: 20 })
    }))
})

describe('many jobs', () => {
  test('are each performed once, never more at a time than the limit', () =>
    withEngine({ queues: { thread: { limit: 20, threads: 2 } } }, async ({ schema, engine }) => {
      const count = 2000
      await EramEngine.enqueueAll(Array.from({ length: count }, (_, value) => ThreadJob.new({ action: 'return', value })))
      await engine.drain('thread')
      const [{ done, attempts, values }] = await schema.rows(
        `SELECT count(*)::int AS done, sum(attempt)::int AS attempts, count(DISTINCT result)::int AS values FROM eram_jobs WHERE state = 'completed'`,
      )
      assert.deepEqual({ done, attempts, values }, { done: count, attempts: count, values: count })
    }))

  test('of several threads run at the same time', () =>
    withEngine({ queues: { thread: { limit: 4, threads: 4 } } }, async ({ schema, engine }) => {
      await EramEngine.enqueueAll(Array.from({ length: 4 }, () => ThreadJob.new({ action: 'spin', ms: 300 })))
      await engine.drain('thread')
      const [{ overlap }] = await schema.rows(`SELECT max(attempted_at) < min(completed_at) AS overlap FROM eram_jobs`)
      assert.equal(overlap, true)
    }))
})

describe('a job with transaction: true', () => {
  test('commits all that it wrote and enqueued, or none of it', () =>
    withSchema(async (schema) => {
      const { url, prefix, rows } = schema
      const driver = { type: /** @type {const} */ ('pg'), config: { connectionString: url } }
      const engine = await EramEngine.start({ driver, prefix, queues: { thread: 5 } })
      try {
        const table = `${prefix}.effects`
        await rows(`CREATE TABLE effects (job bigint)`)
        const { runToCompletion, waitForState } = createHarness(engine, schema)
        const done = await runToCompletion(TransactionJob, { table })
        assert.deepEqual([done.state, done.result], ['completed', 'committed'])
        const failed = await runToCompletion(TransactionJob, { table, message: 'undo it' })
        assert.equal(failed.errors[0].message, 'undo it')
        assert.deepEqual(await rows('SELECT job::int FROM effects'), [{ job: done.id }])
        const enqueued = await rows(`SELECT id::int, args->>'value' AS value FROM eram_jobs WHERE worker = 'ThreadJob' ORDER BY id`)
        assert.deepEqual(
          enqueued.map(({ value }) => value),
          ['ambient', 'through ctx'],
        )
        for (const { id } of enqueued) await waitForState(id, 'completed')
      } finally {
        await engine.stop({ grace: 0 })
      }
    }))

  test('fails with a hint when the engine has no driver', () =>
    withEngine({}, async ({ runToCompletion, schema }) => {
      const row = await runToCompletion(TransactionJob, { table: `${schema.prefix}.effects` })
      assert.equal(row.errors[0].code, 'ERAM_DRIVER')
      assert.match(row.errors[0].message, /transaction: true: expected EramEngine\.start\(\{ driver/)
    }))
})
