// The end of an engine: by stop(), by signals, and with its process.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { withSchema } from '../support/database.js'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { MainJob, ThreadJob } from '../support/fixtures/jobs.js'
import { until } from '../support/until.js'

/** @typedef {import('../support/database.js').Schema} Schema */

/**
 * Starts the application of fixtures/process.js; resolves when its jobs have begun.
 * @param {Schema} schema
 * @param {string} way
 * @param {object[]} [scripts]
 * @param {Record<string, string>} [env]
 */
async function application({ url, prefix }, way, scripts = [], env = {}) {
  const file = path.join(import.meta.dirname, '../support/fixtures/process.js')
  const child = spawn(process.execPath, [file, way, JSON.stringify(scripts)], {
    env: { ...process.env, DATABASE_URL: url, PREFIX: prefix, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let complaint = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  child.stderr.on('data', (data) => {
    complaint += data
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, complaint }))
  const ids = await until(() => {
    const ready = /^ready (.*)$/m.exec(output)
    assert.ok(ready, complaint || 'the application is not ready')
    return JSON.parse(ready[1] ?? '')
  })
  return {
    child,
    ids,
    ended,
    /** @param {RegExp} pattern */
    prints: (pattern) => until(() => assert.match(output, pattern)),
  }
}

/** @param {Schema} schema */
const states = ({ rows }) => rows(`SELECT id::int, state, attempt, meta->'interrupted' AS interrupted FROM eram_jobs ORDER BY id`)

describe('stop()', () => {
  test('waits for running jobs, and may be called again', () =>
    withEngine({}, async ({ engine, recordEvents, job }) => {
      const starts = recordEvents('job:start')
      const id = await enqueue(ThreadJob, { action: 'sleep', ms: 400 })
      // What is claimed only is handed back.
      await until(() => assert.equal(starts.length, 1))
      const first = engine.stop()
      assert.equal(engine.stop(), first)
      await first
      await engine.stop()
      assert.equal((await job(id)).state, 'completed')
      assert.throws(() => EramEngine.get(), { code: 'ERAM_NOT_RUNNING' })
    }))

  test('begins no more jobs', () =>
    withEngine({ queues: { thread: 1 } }, async ({ engine, waitForState, schema }) => {
      const id = await enqueue(ThreadJob, { action: 'sleep', ms: 300 })
      await EramEngine.enqueueAll(Array.from({ length: 5 }, () => ThreadJob.new({ action: 'return' })))
      await waitForState(id, 'executing')
      await engine.stop()
      const rows = await states(schema)
      assert.deepEqual(
        rows.map(({ state }) => state),
        ['completed', ...Array(5).fill('available')],
      )
      assert.ok(rows.slice(1).every(({ attempt }) => attempt === 0))
    }))

  test('aborts jobs before the grace ends, and hands back those that do not react', () =>
    withEngine({ abort_grace: 400 }, async ({ engine, waitForState, job }) => {
      const obedient = await enqueue(ThreadJob, { action: 'untilAbort' })
      const thrower = await enqueue(ThreadJob, { action: 'wait' })
      const stubborn = await enqueue(ThreadJob, { action: 'never' })
      const onMain = await enqueue(MainJob, { action: 'never' })
      for (const id of [obedient, thrower, stubborn, onMain]) await waitForState(id, 'executing')
      const begun = performance.now()
      await engine.stop({ grace: 1200 })
      assert.ok(performance.now() - begun >= 700, 'the jobs have their grace')
      // It would have been handed back at the end of the grace.
      assert.deepEqual([(await job(obedient)).state, (await job(obedient)).result], ['completed', 'shutdown'])
      for (const id of [thrower, stubborn, onMain]) {
        const row = await job(id)
        assert.deepEqual([row.state, row.attempt, row.meta.interrupted, row.errors.length], ['available', 0, 1, 0])
      }
    }))

  test('hands back the jobs of a thread that is blocked', () =>
    withEngine({}, async ({ engine, waitForState, job }) => {
      const id = await enqueue(ThreadJob, { action: 'spin' })
      await waitForState(id, 'executing')
      await engine.stop({ grace: 300 })
      assert.deepEqual([(await job(id)).state, (await job(id)).attempt], ['available', 0])
    }))

  test('called by a job stops the engine', () =>
    withEngine({ grace: 500 }, async ({ waitForState, engine }) => {
      const stopped = new Promise((resolve) => engine.on('queue:shutdown', resolve))
      const id = await enqueue(ThreadJob, { action: 'stop' })
      await stopped
      await waitForState(id, 'available')
      await until(() => assert.throws(() => EramEngine.get(), { code: 'ERAM_NOT_RUNNING' }))
    }))

  test('leaves the name free for another engine', () =>
    withSchema(async ({ url, prefix }) => {
      const options = { url, prefix, queues: { thread: 1 } }
      for (let i = 0; i < 3; i++) {
        const engine = await EramEngine.start(options)
        await assert.rejects(EramEngine.start(options), { code: 'ERAM_ALREADY_RUNNING' })
        const id = await enqueue(ThreadJob, { action: 'return' })
        await until(async () => assert.equal((await engine.jobs.find(id))?.state, 'completed'))
        await engine.stop()
      }
    }))

  test('delivers its events to a main thread that was blocked meanwhile', () =>
    withEngine({}, async ({ engine, recordEvents }) => {
      const shutdowns = recordEvents('queue:shutdown')
      const stopped = engine.stop({ grace: 0 })
      // It begins in a later turn, and ends while this one lasts.
      await new Promise((resolve) => setTimeout(resolve, 0))
      for (const end = performance.now() + 1000; performance.now() < end; );
      await stopped
      assert.deepEqual(shutdowns.map(({ queue }) => queue).sort(), ['main', 'process', 'thread'])
    }))

  test('comes with `await using`', () =>
    withEngine({}, async ({ engine }) => {
      await engine[Symbol.asyncDispose]()
      assert.throws(() => EramEngine.get(), { code: 'ERAM_NOT_RUNNING' })
    }))
})

describe('several engines', () => {
  test('run side by side', () =>
    withSchema((first) =>
      withSchema(async (second) => {
        const a = await EramEngine.start({ name: 'a', url: first.url, prefix: first.prefix, queues: { thread: 1 } })
        const b = await EramEngine.start({ name: 'b', url: second.url, prefix: second.prefix, queues: { thread: 1 } })
        assert.equal(EramEngine.get('b'), b)
        await ThreadJob.enqueue({ action: 'enqueue', script: { action: 'return' } }, { engine: 'b' })
        await until(async () =>
          assert.deepEqual(
            (await states(second)).map(({ state }) => state),
            ['completed', 'completed'],
          ),
        )
        await a.stop()
        await ThreadJob.enqueue({ action: 'return' })
        await until(async () => assert.equal((await states(second)).filter(({ state }) => state === 'completed').length, 3))
        assert.deepEqual(await states(first), [])
        await b.stop()
      }),
    ))
})

describe('a process', () => {
  test('lives as long as its engine runs, and ends by itself once the engine has stopped', () =>
    withSchema(async (schema) => {
      const { child, ended } = await application(schema, 'wait')
      // Its own code has ended; a job that comes due later is performed all the same.
      await schema.rows('SELECT FROM eram_enqueue_job($1)', [
        { worker: 'ThreadJob', queue: 'thread', args: { action: 'return' }, schedule_in: 1 },
      ])
      await until(async () =>
        assert.deepEqual(
          (await states(schema)).map(({ state }) => state),
          ['completed'],
        ),
      )
      assert.equal(child.exitCode, null)
      child.kill('SIGKILL')
      await ended
      const stopping = await application(schema, 'stop', [{ action: 'return' }])
      assert.deepEqual(await stopping.ended, { code: 0, signal: null, complaint: '' })
    }))

  test('stops gracefully on SIGTERM', () =>
    withSchema(async (schema) => {
      const scripts = [
        { action: 'sleep', ms: 600 },
        { action: 'untilAbort' },
        { action: 'untilAbort', main: true },
        { action: 'never' },
        { action: 'never', main: true },
      ]
      const { child, ended } = await application(schema, 'wait', scripts)
      child.kill('SIGTERM')
      assert.deepEqual(await ended, { code: 0, signal: null, complaint: '' })
      assert.deepEqual(
        (await states(schema)).map(({ state, attempt, interrupted }) => [state, attempt, interrupted]),
        [
          ['completed', 1, null],
          ['completed', 1, null],
          ['completed', 1, null],
          ['available', 0, 1],
          ['available', 0, 1],
        ],
      )
    }))

  for (const [signal, code] of /** @type {[NodeJS.Signals, number][]} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])) {
    test(`ends at once on a second ${signal}, and hands its jobs back`, () =>
      withSchema(async (schema) => {
        const scripts = [
          ...Array(5).fill({ action: 'sleep', ms: 50 }),
          ...Array(3).fill({ action: 'never' }),
          { action: 'spin' },
          { action: 'never', main: true },
        ]
        // With a grace that no test waits for.
        const { child, ended, prints } = await application(schema, 'wait', scripts, { GRACE: String(3_600_000) })
        child.kill(signal)
        await prints(new RegExp(signal))
        child.kill(signal)
        assert.equal((await ended).code, code)
        const after = await states(schema)
        assert.deepEqual(
          after.filter(({ state }) => state === 'executing'),
          [],
        )
        assert.deepEqual(
          after.slice(5).map(({ state, attempt }) => [state, attempt]),
          Array(5).fill(['available', 0]),
        )
      }))
  }

  for (const [way, code] of /** @type {[string, number][]} */ ([
    ['exit', 3],
    ['throw', 1],
  ])) {
    test(`hands its jobs back however it ends: ${way}`, () =>
      withSchema(async (schema) => {
        const scripts = [{ action: 'never' }, { action: 'spin' }, { action: 'never', main: true }]
        const { ended } = await application(schema, way, scripts)
        const { code: exit, complaint } = await ended
        assert.equal(exit, code)
        // It has not called stop().
        assert.match(
          complaint,
          /engine "default": expected stop\(\) before the end of its thread, got none, started at .*process\.js:6:\d+/,
        )
        assert.deepEqual(
          (await states(schema)).map(({ state, attempt }) => [state, attempt]),
          Array(3).fill(['available', 0]),
        )
      }))
  }

  test('takes adopted processes and job processes with it', () =>
    withSchema(async (schema) => {
      const { child, ended } = await application(schema, 'wait', [
        { action: 'adopt', script: `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)` },
      ])
      const children = await childrenOf(/** @type {number} */ (child.pid))
      assert.ok(children.length >= 1)
      child.kill('SIGINT')
      child.kill('SIGTERM')
      await ended
      await until(() => {
        for (const pid of children) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
      })
    }))
})

/** @param {number} parent */
async function childrenOf(parent) {
  const ps = spawn('ps', ['-A', '-o', 'pid=,ppid='])
  let text = ''
  ps.stdout.on('data', (data) => {
    text += data
  })
  await once(ps, 'close')
  const pairs = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  return pairs.filter(([, of]) => of === parent).map(([pid = 0]) => pid)
}
