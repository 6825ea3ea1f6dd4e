// engine.waitFor: the end of a job, on whatever node, reported by the node that writes it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { until, withSchema } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { MainJob, ProcessJob, ThreadJob } from '../support/fixtures/jobs.js'

/** @typedef {import('../support/database.js').Schema} Schema */

/**
 * A node that serves queues, and one that only enqueues and waits; in two engines of a cluster.
 * @param {object} options  of the second
 * @param {(engines: { worker: EramEngine, caller: EramEngine }, schema: Schema) => Promise<void>} scenario
 */
const withTwo = (options, scenario) =>
  withSchema(async (schema) => {
    const common = { url: schema.url, prefix: schema.prefix, logger: /** @type {false} */ (false) }
    const worker = await EramEngine.start({ ...common, name: 'worker', node: 'w', queues: { main: 10, thread: 10 } })
    const caller = await EramEngine.start({ ...common, name: 'caller', node: 'c', ...options })
    try {
      await scenario({ worker, caller }, schema)
    } finally {
      await Promise.all([worker.stop({ grace: 0 }), caller.stop({ grace: 0 })])
    }
  })

/** Completes when it is released. @param {EramEngine} engine */
const held = (engine) => MainJob.enqueue({ action: 'wait' }, { engine })

describe('a job that has ended', () => {
  test('is the row, with its outcome and its times as Dates', () =>
    withEngine({}, async ({ engine }) => {
      const { id } = await ThreadJob.enqueue({ action: 'return', value: { a: 1 } })
      const job = await engine.waitFor(id)
      assert.deepEqual([job.id, job.state, job.result, job.attempt], [id, 'completed', { a: 1 }, 1])
      assert.ok(job.completed_at instanceof Date && job.inserted_at instanceof Date)
      assert.deepEqual(await engine.waitFor({ id }), job)
    }))

  test('may have failed for good or been cancelled; an attempt that is retried is not the end', () =>
    withEngine({}, async ({ engine, recordEvents }) => {
      const events = recordEvents('job:exception')
      const retried = await ThreadJob.enqueue({ action: 'throw', message: 'no' }, { max_attempts: 2, backoff: 'none' })
      const failed = await engine.waitFor(retried)
      assert.deepEqual([failed.state, failed.attempt, failed.errors.length], ['discarded', 2, 2])
      await until(() => assert.equal(events.length, 2))
      const later = await ThreadJob.enqueue({ action: 'return' }, { schedule_in: '1 hour' })
      const waiting = engine.waitFor(later)
      await engine.jobs.cancel(later.id)
      assert.equal((await waiting).state, 'cancelled')
    }))
})

describe('on another node', () => {
  test('an end is reported, to an engine without queues and to several callers', () =>
    withTwo({ heartbeat_interval: 6000 }, async ({ worker, caller }) => {
      const jobs = await Promise.all(Array.from({ length: 20 }, () => held(worker)))
      const waits = jobs.flatMap((job) => [caller.waitFor(job), caller.waitFor(job.id), worker.waitFor(job)])
      await worker.jobs.cancel(jobs.map(({ id }) => id))
      const ended = await Promise.all(waits)
      assert.deepEqual([...new Set(ended.map(({ state }) => state))], ['cancelled'])
    }))

  test('the end of a job that is over before the request arrives is not missed', () =>
    withTwo({ heartbeat_interval: 6000 }, async ({ worker, caller }) => {
      // Each ends at about the time at which it begins to be awaited.
      for (let round = 0; round < 50; round++) {
        const job = await MainJob.enqueue({ action: 'return', value: round }, { engine: worker })
        assert.equal((await caller.waitFor(job)).result, round)
      }
    }))

  test('a job that ends without a report is found by the look at intervals, also where nothing listens', () =>
    withTwo({ notify: false, poll_interval: 20 }, async ({ worker, caller }, schema) => {
      const done = await ThreadJob.enqueue({ action: 'return', value: 1 }, { engine: worker })
      assert.equal((await caller.waitFor(done)).result, 1)
      const { id } = await schema.row(`SELECT id FROM eram_enqueue_job('{"worker": "X", "queue": "nowhere"}')`)
      const waiting = caller.waitFor(Number(id))
      await schema.rows(`UPDATE eram_jobs SET state = 'completed', completed_at = now() WHERE id = ${id}`)
      assert.equal((await waiting).state, 'completed')
    }))
})

test('a job waits for another one, in a thread and in a process', () =>
  withEngine({}, async ({ engine }) => {
    for (const type of [ThreadJob, ProcessJob]) {
      const inner = await MainJob.enqueue({ action: 'return', value: 'inner' })
      const outer = await type.enqueue({ action: 'waitFor', id: inner.id })
      const { result } = await engine.waitFor(outer)
      assert.deepEqual([result.id, result.state, result.result], [inner.id, 'completed', 'inner'])
    }
  }))

describe('a caller gives up', () => {
  test('after its timeout, with ERAM_TIMEOUT, and when its signal is aborted, with its reason', () =>
    withEngine({}, async ({ engine }) => {
      const { id } = await held(engine)
      await assert.rejects(engine.waitFor(id, { timeout: 1 }), {
        code: 'ERAM_TIMEOUT',
        message: new RegExp(`^waitFor: expected job ${id} to end within 1 ms, it(s row was not read| is \\w+)$`),
      })
      const reason = new Error('enough')
      const abort = new AbortController()
      const waiting = engine.waitFor(id, { timeout: '1 hour', signal: abort.signal })
      abort.abort(reason)
      await assert.rejects(waiting, reason)
      await assert.rejects(engine.waitFor(id, { signal: abort.signal }), reason)
      // It has not ended; it may not have begun.
      await until(async () => assert.equal((await engine.jobs.find(id))?.state, 'executing'))
    }))

  test('when the engine stops, with ERAM_NOT_RUNNING', () =>
    withTwo({}, async ({ worker, caller }) => {
      const { id } = await held(worker)
      const waiting = caller.waitFor(id)
      const refused = assert.rejects(waiting, { code: 'ERAM_NOT_RUNNING' })
      await until(async () => assert.equal((await worker.jobs.find(id))?.state, 'executing'))
      await caller.stop()
      await refused
    }))
})

test('a job that is deleted, or not committed, is not found', () =>
  withEngine({}, async ({ engine, schema }) => {
    const later = await ThreadJob.enqueue({ action: 'return' }, { schedule_in: '1 hour' })
    // It may be refused before the deletion has been answered.
    const refused = assert.rejects(engine.waitFor(later), { code: 'ERAM_NOT_FOUND' })
    await engine.jobs.delete(later.id)
    await refused
    const { client, prefix } = schema
    await client.query('BEGIN')
    const inside = await ThreadJob.enqueue({ action: 'return' }, { tx: client, prefix })
    await assert.rejects(engine.waitFor(inside), {
      code: 'ERAM_NOT_FOUND',
      message: `waitFor: expected a job that is committed and not deleted, got ${inside.id}, which has no row`,
    })
    await client.query('ROLLBACK')
  }))

test('what is not a job, and other options, are refused', () =>
  withEngine({}, async ({ engine }) => {
    for (const [args, message] of /** @type {[any[], RegExp][]} */ ([
      [['x'], /^waitFor: expected the id of a job, got "x"$/],
      [[{}], /^waitFor: expected the id of a job, got undefined$/],
      [[1, { timout: 5 }], /^waitFor: expected timeout or signal, got "timout"$/],
      [[1, { timeout: 'soon' }], /^waitFor\.timeout: expected a duration from 0 to /],
      [[1, { signal: 5 }], /^waitFor: signal: expected an AbortSignal, got 5$/],
    ])) {
      await assert.rejects(engine.waitFor(...args), { code: 'ERAM_CONFIG', message })
    }
    const { id } = await ThreadJob.enqueue({ action: 'return' })
    assert.equal((await engine.waitFor(id, { timeout: undefined, signal: undefined })).state, 'completed')
  }))
