// engine.runOnce(): for processes that do not stay. It runs what is runnable in all queues, and ends.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { EramEngine } from '../../index.js'
import { until, withSchema } from '../support/database.js'

const CLI = fileURLToPath(new URL('../../cli/index.js', import.meta.url))
const JOBS = fileURLToPath(new URL('../support/fixtures/one-shot.js', import.meta.url))

/** @typedef {{ url: string, prefix: string }} Place */

/** @param {Place} place @param {...string} args */
async function worker({ url, prefix }, ...args) {
  const all = [CLI, 'worker', JOBS, '--url', url, '--prefix', prefix, ...args]
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, all)
    return { code: 0, out: stdout, err: stderr }
  } catch (error) {
    const { code, stdout, stderr } = /** @type {any} */ (error)
    return { code, out: stdout, err: stderr }
  }
}

/** @param {number} count @param {object} [options] */
const drafts = (count, options) => Array.from({ length: count }, (_, n) => ({ worker: 'OneShotJob', args: { n }, ...options }))

/** @param {any[]} list @param {Place} place */
async function put(list, { url, prefix }) {
  const engine = await EramEngine.start({ url, prefix, name: 'put', logger: false })
  await engine.enqueueAll(list)
  await engine.stop()
}

test('worker --once performs what is runnable, on its thread and in all of its queues, and ends', () =>
  withSchema(async (schema) => {
    await put(
      [...drafts(25), ...drafts(5, { queue: 'mail' }), ...drafts(2, { queue: 'other' }), ...drafts(1, { schedule_in: 3600 })],
      schema,
    )
    // Due since the last run, which no leader has seen.
    await schema.rows(`UPDATE eram_jobs SET state = 'scheduled', scheduled_at = now() WHERE (args->>'n')::int = 3 AND queue = 'default'`)
    const { code, out } = await worker(schema, '--once', '--queues', 'default=3,mail')
    assert.deepEqual([code, out], [0, '30 success; nothing is left\n'])
    const left = await schema.rows(
      `SELECT queue, state::text, count(*)::int AS n FROM eram_jobs WHERE state <> 'completed' GROUP BY 1, 2 ORDER BY 1`,
    )
    assert.deepEqual(left, [
      { queue: 'default', state: 'scheduled', n: 1 },
      { queue: 'other', state: 'available', n: 2 },
    ])
    // The next run has nothing to wait for: the first has given back the lease and its producers.
    assert.deepEqual(await schema.rows('SELECT 1 FROM eram_producers'), [])
    const again = await worker(schema, '--once', '--json')
    assert.equal(again.code, 0)
    assert.deepEqual(JSON.parse(again.out), { success: 0, failure: 0, discard: 0, cancelled: 0, snoozed: 0, released: 0, drained: true })
  }))

test('a budget ends the run, and what still runs is handed back without losing an attempt', () =>
  withSchema(async (schema) => {
    await put([...drafts(1), { worker: 'OneShotJob', args: { hang: true } }, ...drafts(20, { queue: 'mail' })], schema)
    const { code, out } = await worker(schema, '--once', '--queues', 'default,mail=1', '--budget', '1500', '--grace', '200ms', '--json')
    assert.equal(code, 1)
    const result = JSON.parse(out)
    assert.deepEqual([result.drained, result.failure, result.released], [false, 0, 0])
    await until(async () => {
      const [hung] = await schema.rows(`SELECT state::text, attempt, attempted_by FROM eram_jobs WHERE args ? 'hang'`)
      assert.deepEqual([hung.state, hung.attempt], ['available', 0])
    })
  }))

test('a worker without --once runs until it is told to stop', () =>
  withSchema(async (schema) => {
    const args = [CLI, 'worker', JOBS, '--url', schema.url, '--prefix', schema.prefix]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'pipe'] })
    const [line] = await once(createInterface(child.stderr), 'line')
    assert.equal(line, 'eramjs: running default')
    await put(drafts(3), schema)
    await until(async () => assert.equal((await schema.rows(`SELECT 1 FROM eram_jobs WHERE state = 'completed'`)).length, 3))
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'exit'), [0, null])
  }))

test('jobs that enqueue others into other queues are followed to the end, exactly once', () =>
  withSchema(async (schema) => {
    await put(drafts(10, { args: { chain: 5 } }), schema)
    const [one, two] = await Promise.all([1, 2].map(() => worker(schema, '--once', '--queues', 'default=2,mail=2', '--json')))
    assert.deepEqual([one?.code, two?.code], [0, 0])
    const sum = JSON.parse(one?.out ?? '').success + JSON.parse(two?.out ?? '').success
    const [{ total, runs }] = await schema.rows('SELECT count(*)::int AS total, sum(attempt)::int AS runs FROM eram_jobs')
    assert.deepEqual([total, runs, sum], [60, 60, 60])
  }))

test('what is wrong with the command line is said before anything starts', () =>
  withSchema(async (schema) => {
    for (const [args, message] of /** @type {[string[], string][]} */ ([
      [['--budget', '1s'], 'eramjs: ERAM_CONFIG: --budget: expected --once beside it, got none\n'],
      [
        ['--queues', 'a=x'],
        'eramjs: ERAM_CONFIG: --queues: expected names, each with a limit or without, such as emails,reports=2, got "a=x"\n',
      ],
      [['--once', '--budget', 'soon'], /runOnce\.budget: expected a duration from 1 ms/],
      [['nowhere.js'], /nowhere\.js: expected a module that registers job classes, got an error: .*Cannot find module/],
    ]).map((each) => /** @type {[string[], string | RegExp]} */ (each))) {
      const { code, err } = await worker(schema, ...args)
      assert.equal(code, 2)
      if (typeof message === 'string') assert.equal(err, message)
      else assert.match(err, message)
    }
  }))

test('a stamped database is run only with its environment', () =>
  withSchema(async (schema) => {
    await EramEngine.environment({ url: schema.url, prefix: schema.prefix, set: 'production' })
    await put(drafts(1), schema)
    const refused = await worker(schema, '--once')
    assert.equal(refused.code, 2)
    assert.match(refused.err, /^eramjs: ERAM_ENVIRONMENT: worker: .+; pass --environment\n$/m)
    const { code, out } = await worker(schema, '--once', '--environment', 'production')
    assert.deepEqual([code, out], [0, '1 success; nothing is left\n'])
  }))

test('an engine without queues has nothing to run', () =>
  withSchema(async ({ url, prefix }) => {
    const engine = await EramEngine.start({ url, prefix })
    await assert.rejects(engine.runOnce(), {
      code: 'ERAM_CONFIG',
      message: 'runOnce: expected an engine that serves queues, got one without; pass queues to start()',
    })
    await engine.stop()
  }))
