// The defaults of a queue: which jobs get them, and what comes before them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine, EramJob } from '../../index.js'
import { until, withSchema } from '../support/database.js'
import { createHarness, withEngine } from '../support/fixtures/engine.js'
import { ThreadJob } from '../support/fixtures/jobs.js'

class Plain extends EramJob {
  static {
    this.register({ queue: 'main' })
  }

  perform() {
    throw new Error('no')
  }
}

/** It says what would hold anyway, which counts. */
class Explicit extends EramJob {
  static {
    this.register({ queue: 'main', priority: 0, max_attempts: 20, backoff: 'oban' })
  }

  perform() {
    throw new Error('no')
  }
}

const defaults = { priority: 5, max_attempts: 7, backoff: { base: 1000, factor: 1, jitter: 0 } }
const QUEUES = { main: { limit: 5, defaults }, elsewhere: { only: 'another-node', defaults: { priority: 2 } }, thread: 1 }

/** @param {any} row */
const stored = ({ priority, max_attempts }) => [priority, max_attempts]

test('a job has its own option, else that of its class, else that of its queue', () =>
  withEngine({ queues: QUEUES }, async ({ engine, schema, job }) => {
    await engine.pause('main')
    for (const [type, options, expected] of /** @type {[any, any, number[]][]} */ ([
      [Plain, {}, [5, 7]],
      [Plain, { priority: 0 }, [0, 7]],
      [Plain, { max_attempts: 20, priority: 1 }, [1, 20]],
      [Explicit, {}, [0, 20]],
      [Explicit, { queue: 'other' }, [0, 20]],
      [Plain, { queue: 'other' }, [0, 20]],
      // A queue that other nodes serve.
      [Plain, { queue: 'elsewhere' }, [2, 20]],
    ])) {
      assert.deepEqual(stored(await job((await type.enqueue({}, options)).id)), expected, JSON.stringify(options))
      const [draft] = await EramEngine.enqueueAll([type.new({}, options)])
      assert.deepEqual(stored(await job(Number(draft?.id))), expected)
    }
    // In the caller's transaction, by name, and of a cron entry.
    const { client, prefix } = schema
    await client.query('BEGIN')
    const inside = await Plain.enqueue({}, { tx: client, prefix })
    await client.query('COMMIT')
    await engine.cron.insert(['0 0 1 1 *', Plain, {}, { name: 'yearly' }])
    const others = [inside, await EramEngine.enqueue('Unknown', {}, { queue: 'main' }), await engine.cron.run('yearly')]
    for (const { id } of others) assert.deepEqual(stored(await job(Number(id))), [5, 7])
    // In SQL nothing is known of them.
    const row = await schema.row(`SELECT id FROM eram_enqueue_job('{"worker": "Plain", "queue": "main"}')`)
    assert.deepEqual(stored(await job(row.id)), [0, 20])
  }))

test('a job thread applies them to what its jobs enqueue, also those of a queue that was started at runtime', () =>
  withEngine({ queues: QUEUES }, async ({ engine, runToCompletion, job }) => {
    await engine.pause('main')
    const chained = async (/** @type {string} */ queue) => {
      const { result } = await runToCompletion(ThreadJob, { action: 'enqueue', script: { action: 'return' }, options: { queue } })
      return stored(await job(result))
    }
    assert.deepEqual(await chained('main'), [5, 7])
    assert.deepEqual(await chained('late'), [0, 20])
    await engine.startQueue('late', { defaults: { priority: 9 } })
    // A message brings them to the threads.
    await until(async () => assert.deepEqual(await chained('late'), [9, 20]))
    assert.deepEqual(stored(await job((await Plain.enqueue({}, { queue: 'late' })).id)), [9, 20])
  }))

test('the backoff of a queue holds for every job that fails there and says nothing itself', () =>
  withEngine({ queues: QUEUES }, async ({ schema, recordEvents, waitForState }) => {
    const events = recordEvents('job:exception')
    const inSql = await schema.row(`SELECT id FROM eram_enqueue_job('{"worker": "Plain", "queue": "main"}')`)
    const plain = await Plain.enqueue()
    const own = await Plain.enqueue({}, { backoff: 'exp' })
    const ofClass = await Explicit.enqueue()
    for (const { id } of [inSql, plain, own, ofClass]) await waitForState(Number(id), 'retryable')
    // The events follow the commits.
    await until(() => assert.equal(events.length, 4))
    const delays = new Map(events.map(({ job, delay }) => [job.id, delay]))
    assert.deepEqual(
      [inSql, plain, own].map(({ id }) => delays.get(Number(id))),
      [1000, 1000, 2],
    )
    assert.ok(delays.get(ofClass.id) >= 17 && delays.get(ofClass.id) <= 18)
  }))

test('each engine applies its own, and an engine without the queue none', () =>
  withSchema(async (schema) => {
    const { url, prefix } = schema
    const start = (/** @type {string} */ name, /** @type {any} */ queues) => EramEngine.start({ url, prefix, name, queues })
    const engines = [await start('a', {}), await start('b', { main: { paused: true, defaults: { priority: 3 } } })]
    const { job } = createHarness(engines[1], schema)
    try {
      const rows = await Promise.all(engines.map(async (engine) => job((await engine.enqueue(Plain, {})).id)))
      assert.deepEqual(rows.map(stored), [
        [0, 20],
        [3, 20],
      ])
    } finally {
      for (const engine of engines) await engine.stop({ grace: 0 })
    }
  }))

test('other options, and values out of range, are refused', () =>
  withSchema(async ({ url, prefix }) => {
    for (const [given, message] of /** @type {[any, RegExp][]} */ ([
      [{ timeout: 5 }, /^queues\.q\.defaults: unknown option "timeout"; known are priority, max_attempts, backoff$/],
      [{ priority: 10 }, /^queues\.q\.defaults\.priority: expected an integer of at most 9, got 10$/],
      [{ backoff: 'never' }, /^queues\.q\.defaults\.backoff: expected "oban", /],
    ])) {
      await assert.rejects(EramEngine.start({ url, prefix, queues: { q: { defaults: given } } }), { code: 'ERAM_CONFIG', message })
    }
  }))
