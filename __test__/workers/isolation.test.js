// Jobs in a process of their own: the application survives whatever happens to it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EramEngine } from '../../index.js'
import { withSchema } from '../support/database.js'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { HookedJob, ProcessJob, ThreadJob } from '../support/fixtures/jobs.js'
import { finished } from '../support/snippets.js'
import { until } from '../support/until.js'

/** @param {number} pid */
const gone = (pid) => until(() => assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' }))

describe('isolation: main of an engine', () => {
  const queues = { thread: { limit: 5, threads: 2 }, process: { limit: 5, isolation: 'process' } }
  const here = { isMainThread: true, threadId: 0, pid: process.pid }

  test('performs all jobs on its own thread, whatever their class and queue name', () =>
    withEngine({ isolation: 'main', queues }, async ({ runToCompletion, engine }) => {
      for (const type of [ThreadJob, ProcessJob]) assert.deepEqual((await runToCompletion(type, { action: 'where' })).result, here)
      for (const queue of ['thread', 'process']) assert.deepEqual((await engine.checkQueue(queue)).threads, [])
      // Also on a queue that is started later.
      await engine.startQueue('late', { limit: 2, threads: 2 })
      assert.deepEqual((await runToCompletion(ThreadJob, { action: 'where' }, { queue: 'late' })).result, here)
      assert.deepEqual((await engine.checkQueue('late')).threads, [])
    }))

  test('is also chosen by ERAM_ISOLATION, unless the options say otherwise', async () => {
    process.env.ERAM_ISOLATION = 'main'
    try {
      await withEngine({ queues }, async ({ runToCompletion }) =>
        assert.deepEqual((await runToCompletion(ThreadJob, { action: 'where' })).result, here),
      )
      await withEngine({ isolation: 'thread' }, async ({ runToCompletion }) =>
        assert.notEqual((await runToCompletion(ThreadJob, { action: 'where' })).result.threadId, 0),
      )
      process.env.ERAM_ISOLATION = 'mian'
      await assert.rejects(
        withEngine({}, async () => {}),
        { code: 'ERAM_CONFIG', message: '$ERAM_ISOLATION: expected "main", "thread" or "process", got "mian"' },
      )
    } finally {
      delete process.env.ERAM_ISOLATION
    }
  })

  test('any other is that of classes and queues that name none', () =>
    withEngine({ isolation: 'process', queues: { thread: 1, process: { limit: 1, isolation: 'thread' } } }, async ({ runToCompletion }) => {
      for (const type of [ThreadJob, ProcessJob])
        assert.notEqual((await runToCompletion(type, { action: 'where' })).result.pid, process.pid)
    }))
})

describe('isolation: process', () => {
  test('runs jobs in a child process', () =>
    withEngine({}, async ({ runToCompletion, engine }) => {
      const { result } = await runToCompletion(ProcessJob, { action: 'where' })
      assert.notEqual(result.pid, process.pid)
      assert.equal(result.isMainThread, true)
      await engine.stop()
      await gone(result.pid)
    }))

  test('may be chosen for a whole queue', () =>
    withEngine({ queues: { thread: { limit: 5, isolation: 'process' } } }, async ({ runToCompletion }) => {
      assert.notEqual((await runToCompletion(ThreadJob, { action: 'where' })).result.pid, process.pid)
    }))

  test('gives jobs the same context', () =>
    withEngine({}, async ({ runToCompletion, waitForState, recordEvents, schema }) => {
      const logs = recordEvents('job:log')
      const { result } = await runToCompletion(ProcessJob, { action: 'context' }, { meta: { m: 1 } })
      assert.deepEqual([result.attempt, result.dates, result.job.meta], [1, true, { m: 1 }])
      const enqueued = await runToCompletion(ProcessJob, { action: 'enqueue', script: { action: 'return', value: 'from a process' } })
      assert.equal((await waitForState(enqueued.result, 'completed')).result, 'from a process')
      assert.equal((await runToCompletion(ProcessJob, { action: 'engine' })).result.prefix, schema.prefix)
      await runToCompletion(ProcessJob, { action: 'log', words: ['said in a process'] })
      await until(() => assert.equal(logs[0]?.message, 'said in a process'))
    }))

  test('has the same outcomes', () =>
    withEngine({}, async ({ runToCompletion }) => {
      assert.deepEqual((await runToCompletion(ProcessJob, { action: 'return', value: { a: 1 } })).result, { a: 1 })
      assert.equal((await runToCompletion(ProcessJob, { action: 'throw', message: 'bad' })).errors[0].message, 'bad')
      assert.equal((await runToCompletion(ProcessJob, { action: 'choose', by: 'ctx', how: 'cancel', value: 'no' })).state, 'cancelled')
      assert.match((await runToCompletion(ProcessJob, { action: 'result', what: 'bigint' })).meta.result_error, /BigInt/)
      assert.equal((await runToCompletion(ProcessJob, { action: 'wait' }, { timeout: 200 })).errors[0].kind, 'timeout')
    }))

  /** @type {[string, object, RegExp][]} */
  const deaths = [
    ['a native crash', { action: 'crash' }, /ended by SIGSEGV/],
    ['process.exit(0)', { action: 'exit', code: 0 }, /exited with code 0/],
    ['an uncaught exception', { action: 'uncaught' }, /this was not caught/],
  ]
  for (const [how, args, message] of deaths) {
    test(`survives ${how}`, () =>
      withEngine({}, async ({ runToCompletion, engine }) => {
        const row = await runToCompletion(ProcessJob, args)
        assert.equal(row.state, 'retryable')
        assert.equal(row.errors[0].kind, 'crash')
        assert.match(row.errors[0].message, message)
        assert.equal((await runToCompletion(ProcessJob, { action: 'return', value: 'in a new one' })).result, 'in a new one')
        assert.equal((await engine.checkQueue('process')).threads[0].state, 'running')
      }))
  }

  test('survives a full heap', () =>
    withEngine({ queues: { process: { limit: 1, resource_limits: { max_old_generation_size_mb: 32 } } } }, async ({ runToCompletion }) => {
      const row = await runToCompletion(ProcessJob, { action: 'memory' })
      assert.match(row.errors[0].message, /SIGABRT.*out of memory/)
    }))

  test('ends a process that does not react, with its children', () =>
    withEngine({ abort_grace: 300 }, async ({ runToCompletion, waitForState, engine }) => {
      const { pid } = (await runToCompletion(ProcessJob, { action: 'where' })).result
      const id = await enqueue(ProcessJob, { action: 'spin' })
      await waitForState(id, 'executing')
      await engine.jobs.cancel(id)
      await waitForState(id, 'cancelled')
      await gone(pid)
      assert.notEqual((await runToCompletion(ProcessJob, { action: 'where' })).result.pid, pid)
    }))

  test('lets hooks finish when the engine stops', () =>
    withEngine({ queues: { thread: { limit: 1, isolation: 'process' } } }, async ({ runToCompletion, engine, recordEvents }) => {
      const lines = recordEvents('job:log')
      await runToCompletion(HookedJob, { action: 'return', value: 1 })
      await engine.stop()
      assert.equal(lines.length, 1)
    }))

  test('does many jobs', () =>
    withEngine({ queues: { process: { limit: 20, threads: 2 } } }, async ({ engine, schema }) => {
      await EramEngine.enqueueAll(Array.from({ length: 500 }, (_, value) => ProcessJob.new({ action: 'return', value })))
      await engine.drain('process')
      const [{ values }] = await schema.rows(`SELECT count(DISTINCT result)::int AS values FROM eram_jobs WHERE state = 'completed'`)
      assert.equal(values, 500)
    }))
})

test('jobs run in a program with options that only a whole process can have', () =>
  withSchema(async ({ prefix, rows }) => {
    const program = fileURLToPath(new URL('../support/fixtures/options.js', import.meta.url))
    const { code, out } = await finished(process.execPath, ['--max-old-space-size=512', '--stack-trace-limit=20', program, prefix])
    assert.equal(code, 0, out)
    assert.deepEqual(await rows('SELECT queue, state FROM eram_jobs ORDER BY queue'), [
      { queue: 'process', state: 'completed' },
      { queue: 'thread', state: 'completed' },
    ])
  }))
