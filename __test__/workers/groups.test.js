// Queues that share the threads, or the processes, of a thread group.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { state } from '../../lib/shared/global-state.js'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { ProcessJob, SyncJob, ThreadJob } from '../support/fixtures/jobs.js'
import { NeighbourJob, PoisonJob } from '../support/fixtures/poison.js'
import { until } from '../support/until.js'

/**
 * Queues of a group, by name.
 * @param {string[]} names
 * @param {Record<string, unknown>} [options]  of each
 */
const queuesOf = (names, { count = 1, ...options } = {}) =>
  Object.fromEntries(names.map((name) => [name, { limit: 5, threads: { group: 'tenants', count }, ...options }]))

const TWO = { queues: queuesOf(['one', 'two']), abort_grace: 500 }

/**
 * Enqueues a job, and waits until a thread has begun it.
 * @param {any} engine
 * @param {any} type
 * @param {object} args
 * @param {{ queue: string, [option: string]: unknown }} options
 */
async function begin(engine, type, args, options) {
  const id = await enqueue(type, args, options)
  await until(async () => assert.ok((await engine.checkQueue(options.queue)).running.includes(id)))
  return id
}

/** Threads of this process that run, as it counts them. */
const threadsHere = () => [...state.threads].map(({ of, isolation }) => `${isolation} of ${of}`)

describe('a thread group', () => {
  test('performs the jobs of a hundred queues with four threads', () => {
    const names = Array.from({ length: 100 }, (_, i) => `tenant${i}`)
    return withEngine({ queues: queuesOf(names, { limit: 2, count: 4 }) }, async ({ engine, schema, recordEvents }) => {
      const starts = recordEvents('thread:start')
      await EramEngine.enqueueAll(names.flatMap((queue) => [1, 2, 3].map(() => ThreadJob.new({ action: 'where' }, { queue }))))
      await until(async () => {
        const { count } = await schema.row(`SELECT count(*)::int FROM eram_jobs WHERE state = 'completed'`)
        assert.equal(count, 300)
      })
      const rows = await schema.rows(`SELECT DISTINCT result->>'threadId' AS thread FROM eram_jobs`)
      assert.ok(rows.length > 1 && rows.length <= 4, `${rows.length} threads`)
      assert.deepEqual(threadsHere(), Array(4).fill('thread of thread group "tenants"'))
      assert.equal(starts.length, 4)
      assert.deepEqual([starts[0].queue, starts[0].group, starts[0].slot], [null, 'tenants', null])
      const { threads } = await engine.checkQueue('tenant99')
      assert.deepEqual(
        threads.map((/** @type {any} */ it) => [it.group, it.state]),
        Array(4).fill(['tenants', 'running']),
      )
      assert.equal(new Set(threads.map((/** @type {any} */ it) => it.slot)).size, 4)
      // A missing thread counts once, though it is of a hundred queues.
      assert.equal((await engine.health()).checks.threads?.ok, true)
    })
  })

  test('starts no thread before a queue needs one', () =>
    withEngine({ queues: queuesOf(['one', 'two'], { count: 2 }) }, async ({ runToCompletion }) => {
      assert.deepEqual(threadsHere(), [])
      await runToCompletion(ThreadJob, { action: 'return' }, { queue: 'one' })
      assert.equal(threadsHere().length, 2)
      await runToCompletion(ThreadJob, { action: 'return' }, { queue: 'two' })
      assert.equal(threadsHere().length, 2)
    }))

  test('lets no queue wait for one whose jobs keep a thread busy', () =>
    withEngine({ queues: queuesOf(['one', 'two'], { count: 2, limit: 2 }) }, async ({ engine, runToCompletion, job }) => {
      await runToCompletion(ThreadJob, { action: 'return' }, { queue: 'two' })
      const busy = await begin(engine, SyncJob, { action: 'spin' }, { queue: 'one' })
      for (let i = 0; i < 5; i++) await runToCompletion(ThreadJob, { action: 'return' }, { queue: 'two' })
      assert.equal((await job(busy)).state, 'executing')
    }))

  test('takes turns: jobs of a queue end while another has many that compute', () =>
    withEngine({ queues: queuesOf(['heavy', 'light'], { limit: 100 }) }, async ({ schema, runToCompletion }) => {
      await runToCompletion(ThreadJob, { action: 'return' }, { queue: 'light' })
      await EramEngine.enqueueAll(Array.from({ length: 60 }, () => SyncJob.new({ action: 'spin', ms: 50 }, { queue: 'heavy' })))
      await until(async () => {
        const { count } = await schema.row(`SELECT count(*)::int FROM eram_jobs WHERE queue = 'heavy' AND state = 'completed'`)
        assert.ok(count > 0)
      })
      await runToCompletion(ThreadJob, { action: 'return' }, { queue: 'light' })
      const { left } = await schema.row(`SELECT count(*)::int AS left FROM eram_jobs WHERE queue = 'heavy' AND state <> 'completed'`)
      assert.ok(left > 0, 'the others were still waiting')
    }))
})

describe('a thread of a group that dies', () => {
  /** @type {[string, object, RegExp][]} */
  const deaths = [
    ['process.exit(7)', { action: 'exit', code: 7 }, /of thread group "tenants" exited with code 7/],
    ['an uncaught exception', { action: 'uncaught' }, /this was not caught/],
  ]
  for (const [how, args, message] of deaths) {
    test(`by ${how} fails its job, and is started again for all queues`, () =>
      withEngine(TWO, async ({ runToCompletion, recordEvents }) => {
        await runToCompletion(ThreadJob, { action: 'return' }, { queue: 'two' })
        const exits = recordEvents('thread:exit')
        const starts = recordEvents('thread:start')
        const row = await runToCompletion(ThreadJob, args, { queue: 'one' })
        assert.deepEqual([row.state, row.crashes, row.errors[0].kind], ['retryable', 1, 'crash'])
        assert.match(row.errors[0].message, message)
        for (const queue of ['one', 'two']) {
          assert.equal((await runToCompletion(ThreadJob, { action: 'return', value: 'well' }, { queue })).result, 'well')
        }
        assert.deepEqual([exits.length, starts.length, exits[0].expected, exits[0].slots.length], [1, 1, false, 2])
      }))
  }

  test('releases the jobs of the other queues', () =>
    withEngine(TWO, async ({ engine, waitForState, runToCompletion }) => {
      const id = await begin(engine, ThreadJob, { action: 'resume', value: 'slept' }, { queue: 'two' })
      const crashed = await runToCompletion(ThreadJob, { action: 'exit', code: 1 }, { queue: 'one' })
      assert.equal(crashed.crashes, 1)
      const innocent = await waitForState(id, 'completed')
      assert.deepEqual([innocent.attempt, innocent.crashes, innocent.errors.length, innocent.meta.interrupted], [1, 0, 0, 1])
    }))
})

describe('a thread of a group that is blocked', () => {
  test('is ended when its job times out, and the neighbours of all queues run again', () =>
    withEngine(TWO, async ({ waitForState, engine }) => {
      const neighbours = [await begin(engine, ThreadJob, { action: 'resume' }, { queue: 'one' })]
      neighbours.push(await begin(engine, ThreadJob, { action: 'resume' }, { queue: 'two' }))
      const id = await enqueue(ThreadJob, { action: 'spin' }, { queue: 'one', timeout: 300, max_attempts: 1 })
      assert.equal((await waitForState(id, 'discarded')).errors[0].kind, 'timeout')
      for (const id of neighbours) {
        const innocent = await waitForState(id, 'completed')
        assert.deepEqual([innocent.attempt, innocent.crashes, innocent.meta.interrupted, innocent.errors.length], [1, 0, 1, 0])
      }
      assert.equal((await engine.checkQueue('two')).threads.length, 1)
    }))

  test('after an await costs the neighbours no attempt either', () =>
    withEngine(TWO, async ({ engine, waitForState }) => {
      const neighbour = await begin(engine, ThreadJob, { action: 'resume' }, { queue: 'two' })
      const id = await enqueue(ThreadJob, { action: 'spinLater' }, { queue: 'one', timeout: 300, max_attempts: 1 })
      assert.equal((await waitForState(id, 'discarded')).errors[0].kind, 'timeout')
      const innocent = await waitForState(neighbour, 'completed')
      assert.deepEqual([innocent.attempt, innocent.crashes, innocent.meta.interrupted], [1, 0, 1])
    }))
})

describe('a promise that never settles', () => {
  test('is given up, and the thread is replaced once the jobs of the other queues have ended', () =>
    withEngine(TWO, async ({ waitForState, runToCompletion, engine, recordEvents }) => {
      const exits = recordEvents('thread:exit')
      const neighbour = await begin(engine, ThreadJob, { action: 'sleep', ms: 1500 }, { queue: 'two' })
      const [before] = (await engine.checkQueue('two')).threads
      const id = await enqueue(ThreadJob, { action: 'never' }, { queue: 'one', timeout: 200, max_attempts: 1 })
      assert.equal((await waitForState(id, 'discarded')).errors[0].kind, 'timeout')
      for (const queue of ['one', 'two']) await runToCompletion(ThreadJob, { action: 'return' }, { queue })
      const row = await waitForState(neighbour, 'completed')
      assert.deepEqual([row.attempt, row.meta.interrupted], [1, undefined])
      await until(() => assert.equal(exits.length, 1))
      assert.equal(exits[0].expected, true)
      assert.notEqual((await engine.checkQueue('two')).threads[0].slot, before.slot)
    }))
})

describe('a queue of a group', () => {
  test('is aborted by itself', () =>
    withEngine(TWO, async ({ engine, waitForState, job }) => {
      const ids = [await begin(engine, ThreadJob, { action: 'wait' }, { queue: 'one' })]
      ids.push(await begin(engine, ThreadJob, { action: 'wait' }, { queue: 'two' }))
      await engine.jobs.cancel(Number(ids[0]))
      await waitForState(Number(ids[0]), 'cancelled')
      assert.equal((await job(Number(ids[1]))).state, 'executing')
    }))

  test('leaves and joins without a restart of the threads', () =>
    withEngine({ queues: queuesOf(['one', 'two'], { count: 2 }) }, async ({ engine, runToCompletion, recordEvents }) => {
      for (const queue of ['one', 'two']) await runToCompletion(ThreadJob, { action: 'return' }, { queue })
      await until(async () => {
        const { threads } = await engine.checkQueue('two')
        assert.ok(threads.length === 2 && threads.every((/** @type {any} */ it) => it.slot > 0))
      })
      const exits = recordEvents('thread:exit')
      const starts = recordEvents('thread:start')
      const going = await begin(engine, ThreadJob, { action: 'resume' }, { queue: 'two' })
      await engine.stopQueue('one')
      assert.equal(await engine.checkQueue('one'), null)
      await engine.startQueue('one', { limit: 2, threads: { group: 'tenants' } })
      await engine.startQueue('three', { limit: 2, threads: { group: 'tenants', count: 2 } })
      for (const queue of ['one', 'three', 'two']) await runToCompletion(ThreadJob, { action: 'return' }, { queue })
      assert.deepEqual([exits, starts], [[], []])
      assert.equal(threadsHere().length, 2)
      await engine.jobs.cancel(going)
      for (const queue of ['one', 'two', 'three']) await engine.stopQueue(queue, { grace: 600 })
      assert.deepEqual(threadsHere(), [])
    }))

  test('that stops with a job that goes on has the thread replaced, and costs the others nothing', () =>
    withEngine(TWO, async ({ engine, runToCompletion, recordEvents, waitForState, job }) => {
      const exits = recordEvents('thread:exit')
      const neighbour = await begin(engine, ThreadJob, { action: 'sleep', ms: 2000 }, { queue: 'two' })
      const id = await begin(engine, ThreadJob, { action: 'never' }, { queue: 'one' })
      assert.deepEqual(await engine.stopQueue('one', { grace: 100 }), { released: [id] })
      await runToCompletion(ThreadJob, { action: 'return' }, { queue: 'two' })
      const row = await waitForState(neighbour, 'completed')
      assert.deepEqual([row.attempt, row.meta.interrupted], [1, undefined])
      await until(() => assert.equal(exits.length, 1))
      assert.equal(exits[0].expected, true)
      assert.equal((await job(id)).state, 'available')
    }))

  test('that stops while its job blocks the thread has the thread ended', () =>
    withEngine(TWO, async ({ engine, runToCompletion, waitForState }) => {
      const neighbour = await begin(engine, ThreadJob, { action: 'resume' }, { queue: 'two' })
      await begin(engine, ThreadJob, { action: 'spin' }, { queue: 'one' })
      await engine.stopQueue('one', { grace: 0 })
      await runToCompletion(ThreadJob, { action: 'return' }, { queue: 'two' })
      const innocent = await waitForState(neighbour, 'completed')
      assert.deepEqual([innocent.attempt, innocent.meta.interrupted], [1, 1])
    }))

  test('has the thread options of the others', () =>
    withEngine(TWO, async ({ engine }) => {
      /** @type {[object, RegExp][]} */
      const wrong = [
        [
          { threads: { group: 'tenants', count: 3 } },
          /^three\.threads\.count: expected 1, as queue "one" of the thread group "tenants" has, got 3$/,
        ],
        [{ threads: { group: 'tenants' }, isolation: 'process' }, /^three\.isolation: expected "thread", as queue "one" .* got "process"$/],
        [{ threads: { group: 'tenants' }, exec_argv: ['--import', 'tsx'] }, /^three\.exec_argv: expected none, as queue "one" /],
        [
          { threads: { group: 'tenants' }, resource_limits: { stack_size_mb: 8 } },
          /^three\.resource_limits: expected \{\}, as queue "one" /,
        ],
      ]
      for (const [options, message] of wrong) {
        await assert.rejects(engine.startQueue('three', options), { code: 'ERAM_CONFIG', message })
      }
    }))
})

describe('the processes of a group', () => {
  const PROCESSES = { queues: queuesOf(['one', 'two'], { isolation: 'process' }), abort_grace: 500 }

  test('serve all of its queues', () =>
    withEngine(PROCESSES, async ({ engine, runToCompletion, recordEvents, waitForState }) => {
      const one = await runToCompletion(ProcessJob, { action: 'where' }, { queue: 'one' })
      const two = await runToCompletion(ProcessJob, { action: 'where' }, { queue: 'two' })
      assert.notEqual(one.result.pid, process.pid)
      assert.equal(one.result.pid, two.result.pid)
      // The end of the process is that of all its jobs.
      const exits = recordEvents('thread:exit')
      const neighbour = await begin(engine, ProcessJob, { action: 'resume', value: 1 }, { queue: 'two' })
      const late = await enqueue(ProcessJob, { action: 'spin' }, { queue: 'one', timeout: 300, max_attempts: 1 })
      assert.equal((await waitForState(late, 'discarded')).errors[0].kind, 'timeout')
      const innocent = await waitForState(neighbour, 'completed')
      assert.deepEqual([innocent.attempt, innocent.crashes, innocent.meta.interrupted], [1, 0, 1])
      assert.deepEqual([exits[0].group, exits[0].slots.length], ['tenants', 2])
    }))

  test('let queues leave and join', () =>
    withEngine(PROCESSES, async ({ engine, runToCompletion }) => {
      const before = await runToCompletion(ProcessJob, { action: 'where' }, { queue: 'one' })
      await runToCompletion(ProcessJob, { action: 'where' }, { queue: 'two' })
      await engine.stopQueue('one')
      await engine.startQueue('one', { threads: { group: 'tenants' }, isolation: 'process' })
      const after = await runToCompletion(ProcessJob, { action: 'where' }, { queue: 'one' })
      assert.equal(after.result.pid, before.result.pid)
    }))

  test('perform quarantined jobs alone', () =>
    withEngine({ queues: queuesOf(['shared', 'other']) }, async ({ waitForState, schema }) => {
      const poison = await Promise.all(['shared', 'other'].map((queue) => PoisonJob.enqueue({}, { queue })))
      const good = await Promise.all(['shared', 'other'].map((queue) => NeighbourJob.enqueue({}, { queue })))
      for (const { id } of poison) {
        const row = await waitForState(Number(id), 'discarded', { timeout: 60_000 })
        assert.deepEqual([row.crashes, row.errors.length], [3, 3])
      }
      for (const { id } of good) await waitForState(Number(id), 'completed', { timeout: 60_000 })
      assert.deepEqual(await schema.rows(`SELECT id FROM eram_jobs WHERE state NOT IN ('completed', 'discarded')`), [])
      assert.deepEqual(threadsHere().toSorted(), ['process of thread group "tenants"', 'thread of thread group "tenants"'])
    }))
})
