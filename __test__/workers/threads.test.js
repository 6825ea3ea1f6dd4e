// Job threads that block, hang or die: the outcome for the job, for its neighbours and for the queue.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { withJournal } from '../crash/journal.js'
import { JournalJob } from '../crash/programs/journal.js'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { MainJob, SyncJob, ThreadJob } from '../support/fixtures/jobs.js'
import { until } from '../support/until.js'

const ONE = { queues: { thread: 10, other: 10, main: 10 }, abort_grace: 500 }

describe('a thread that dies', () => {
  /** @type {[string, object, RegExp][]} */
  const deaths = [
    ['process.exit(0)', { action: 'exit', code: 0 }, /exited with code 0/],
    ['process.exit(7)', { action: 'exit', code: 7 }, /exited with code 7/],
    ['an uncaught exception', { action: 'uncaught' }, /this was not caught/],
    ['an unhandled rejection', { action: 'unhandled' }, /this was not handled/],
  ]
  for (const [how, args, message] of deaths) {
    test(`by ${how} fails its job, and is started again`, () =>
      withEngine(ONE, async ({ runToCompletion, recordEvents }) => {
        const exits = recordEvents('thread:exit')
        const starts = recordEvents('thread:start')
        const row = await runToCompletion(ThreadJob, args)
        assert.equal(row.state, 'retryable')
        assert.equal(row.crashes, 1)
        assert.equal(row.errors[0].kind, 'crash')
        assert.match(row.errors[0].message, message)
        assert.match(exits[0].message, message)
        assert.equal(exits[0].expected, false)
        assert.equal((await runToCompletion(ThreadJob, { action: 'return', value: 'well again' })).result, 'well again')
        assert.equal(starts.length, 1)
      }))
  }

  test('out of memory fails its job', () =>
    withEngine(
      { queues: { thread: { limit: 10, resource_limits: { max_old_generation_size_mb: 32 } } } },
      async ({ runToCompletion, recordEvents }) => {
        const exits = recordEvents('thread:exit')
        const row = await runToCompletion(ThreadJob, { action: 'memory' })
        assert.match(row.errors[0].message, /out of memory/)
        assert.deepEqual([exits[0].cause, exits[0].code], ['memory', 'ERR_WORKER_OUT_OF_MEMORY'])
        assert.equal((await runToCompletion(ThreadJob, { action: 'return', value: 1 })).state, 'completed')
      },
    ))

  test('releases the neighbours of a job that was caught in the act', () =>
    withEngine(ONE, async ({ job, waitForState, runToCompletion }) => {
      const id = await enqueue(ThreadJob, { action: 'resume', value: 'slept' })
      await waitForState(id, 'executing')
      const crashed = await runToCompletion(ThreadJob, { action: 'exit', code: 1 })
      assert.equal(crashed.crashes, 1)
      const innocent = await waitForState(id, 'completed')
      assert.deepEqual([innocent.attempt, innocent.crashes, innocent.errors.length], [1, 0, 0])
      assert.equal(innocent.meta.interrupted, 1)
      assert.equal((await job(id)).result, 'slept')
    }))

  test('touches no other queue', () =>
    withEngine(ONE, async ({ runToCompletion, waitForState }) => {
      const id = await enqueue(ThreadJob, { action: 'sleep', ms: 600 }, { queue: 'other' })
      await waitForState(id, 'executing')
      await runToCompletion(ThreadJob, { action: 'exit', code: 0 })
      const row = await waitForState(id, 'completed')
      assert.equal(row.meta.interrupted, undefined)
    }))

  test('four times is started four times', () =>
    withEngine(ONE, async ({ engine, recordEvents }) => {
      const exits = recordEvents('thread:exit')
      const starts = recordEvents('thread:start')
      await EramEngine.enqueueAll(Array.from({ length: 4 }, () => ThreadJob.new({ action: 'exit', code: 0 }, { max_attempts: 1 })))
      await until(() => assert.equal(exits.length, 4))
      await until(() => assert.equal(starts.length, 4))
      assert.equal((await engine.checkQueue('thread')).threads[0].state, 'running')
    }))
})

describe('a thread that is blocked', () => {
  test('is ended when its job times out, and the neighbours run again', () =>
    withEngine(ONE, async ({ waitForState, engine }) => {
      const neighbour = await enqueue(ThreadJob, { action: 'resume' })
      await waitForState(neighbour, 'executing')
      const id = await enqueue(ThreadJob, { action: 'spin' }, { timeout: 300, max_attempts: 1 })
      const crashed = await waitForState(id, 'discarded')
      assert.equal(crashed.errors[0].kind, 'timeout')
      const innocent = await waitForState(neighbour, 'completed')
      assert.deepEqual([innocent.attempt, innocent.meta.interrupted, innocent.errors.length], [1, 1, 0])
      assert.equal((await engine.checkQueue('thread')).threads.length, 1)
    }))

  test('delays no other queue', () =>
    withEngine(ONE, async ({ waitForState, runToCompletion, job }) => {
      const id = await enqueue(ThreadJob, { action: 'spin' })
      await waitForState(id, 'executing')
      const elsewhere = await runToCompletion(ThreadJob, { action: 'return', value: 'not delayed' }, { queue: 'other' })
      assert.equal(elsewhere.result, 'not delayed')
      assert.equal((await job(id)).state, 'executing')
    }))

  test('by one job after the other reports outcomes in between', () =>
    withEngine({ queues: { thread: { limit: 5, prefetch: false } } }, async ({ schema, engine }) => {
      await EramEngine.enqueueAll(Array.from({ length: 5 }, () => SyncJob.new({ action: 'spin', ms: 150 })))
      await engine.drain('thread')
      const { transactions } = await schema.row('SELECT count(DISTINCT completed_at)::int AS transactions FROM eram_jobs')
      assert.ok(transactions > 1, 'not all outcomes came at the end')
    }))
})

describe('a main thread that is blocked', () => {
  test('delays no job thread', () =>
    withJournal(({ file }) =>
      withEngine({ queues: { journal: 10 } }, async ({ engine }) => {
        await EramEngine.enqueueAll(Array.from({ length: 50 }, () => JournalJob.new({ file, ms: 20 })))
        const done = () => readFileSync(file, 'utf8').split('\n').length - 1
        // Nothing else happens on this thread meanwhile.
        for (const end = performance.now() + 60_000; done() < 50 && performance.now() < end; );
        assert.equal(done(), 50)
        await engine.drain('journal')
      }),
    ))

  test('runs its own jobs when it is free again', () =>
    withEngine({}, async ({ runToCompletion }) => {
      assert.equal((await runToCompletion(MainJob, { action: 'spin', ms: 300 })).state, 'completed')
    }))
})

describe('a promise that never settles', () => {
  test('is given up, its slot is free, and its thread is replaced', () =>
    withEngine({ queues: { thread: 1 }, abort_grace: 300 }, async ({ waitForState, runToCompletion, engine, recordEvents }) => {
      const exits = recordEvents('thread:exit')
      const before = (await engine.checkQueue('thread')).threads[0].slot
      const id = await enqueue(ThreadJob, { action: 'never' }, { timeout: 200, max_attempts: 1 })
      const row = await waitForState(id, 'discarded')
      assert.equal(row.errors[0].kind, 'timeout')
      assert.equal((await runToCompletion(ThreadJob, { action: 'return', value: 'on a fresh thread' })).result, 'on a fresh thread')
      await until(async () => {
        const { threads } = await engine.checkQueue('thread')
        assert.notEqual(threads[0].slot, before)
        assert.equal(exits.length, 1)
      })
      assert.equal(exits[0].expected, true)
    }))

  test('does not cost its neighbours their attempt', () =>
    withEngine({ queues: { thread: 10 }, abort_grace: 300 }, async ({ waitForState }) => {
      const neighbour = await enqueue(ThreadJob, { action: 'sleep', ms: 1500 })
      await waitForState(neighbour, 'executing')
      const id = await enqueue(ThreadJob, { action: 'never' }, { timeout: 200, max_attempts: 1 })
      await waitForState(id, 'discarded')
      const row = await waitForState(neighbour, 'completed')
      assert.deepEqual([row.attempt, row.meta.interrupted], [1, undefined])
    }))

  test('on the main thread is given up too', () =>
    withEngine({ queues: { main: 1 }, abort_grace: 300 }, async ({ waitForState, runToCompletion }) => {
      const id = await enqueue(MainJob, { action: 'never' }, { timeout: 200, max_attempts: 1 })
      await waitForState(id, 'discarded')
      assert.equal((await runToCompletion(MainJob, { action: 'return', value: 'next' })).result, 'next')
    }))
})

describe('the threads of a queue', () => {
  test('are there for jobs that come from another class’s queue', () =>
    withEngine({ queues: { other: 2 } }, async ({ runToCompletion }) => {
      const row = await runToCompletion(ThreadJob, { action: 'where' }, { queue: 'other' })
      assert.equal(row.result.isMainThread, false)
    }))

  test('start and stop with it', () =>
    withEngine({ queues: { main: 1 } }, async ({ engine, runToCompletion, recordEvents }) => {
      const exits = recordEvents('thread:exit')
      await engine.startQueue('thread', { limit: 2, threads: 2 })
      assert.equal((await engine.checkQueue('thread')).threads.length, 2)
      assert.equal((await runToCompletion(ThreadJob, { action: 'return', value: 'later' })).result, 'later')
      await engine.stopQueue('thread')
      assert.equal(exits.length, 2)
      const id = await enqueue(ThreadJob, { action: 'return' })
      // A queue that is served performs what came later.
      await runToCompletion(MainJob, { action: 'return' })
      assert.equal((await engine.jobs.find(id)).state, 'available')
    }))
})
