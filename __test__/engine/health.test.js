// engine.health(): what makes an engine live, ready or degraded.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { healthOf } from '../../lib/operations/health.js'
import { JournalJob } from '../crash/programs/journal.js'
import { withServer } from '../crash/server.js'
import { until, withSchema } from '../support/database.js'

/** @typedef {import('../../index.js').EngineHealth} EngineHealth */

/** @param {EngineHealth} health */
const failing = ({ checks }) => Object.keys(checks).filter((name) => !checks[/** @type {keyof typeof checks} */ (name)]?.ok)

/** @type {import('../../lib/operations/health.js').Facts} */
const FINE = {
  opened: true,
  stopping: false,
  ended_tasks: [],
  queues_disabled: null,
  database: { ok: true, age_ms: 5 },
  listening: true,
  warnings: [],
  queues: ['emails'],
}
/** @param {('starting' | 'running' | 'waiting')[]} states */
const hostWith = (...states) => ({
  threads: () => states.map((state) => ({ slot: 1, isolation: /** @type {const} */ ('thread'), group: null, state, problem: null })),
  isStopping: () => false,
})

describe('of facts', () => {
  test('each problem shows in its check, and makes the engine as useful as it is', () => {
    /** @type {[string, Partial<typeof FINE>, ReturnType<typeof hostWith>, [string, boolean, boolean]][]} */
    const cases = [
      ['', {}, hostWith('running', 'running'), ['ok', true, true]],
      ['', {}, hostWith(), ['ok', true, true]],
      ['', { listening: null }, hostWith('running'), ['ok', true, true]],
      ['tasks', { ended_tasks: ['heartbeat'] }, hostWith('running'), ['down', false, false]],
      ['engine', { opened: false }, hostWith('running'), ['down', true, false]],
      ['engine', { stopping: true }, hostWith('running'), ['down', true, false]],
      ['environment', { queues_disabled: 'another environment' }, hostWith('running'), ['down', true, false]],
      ['database', { database: { ok: false, age_ms: 30_000 } }, hostWith('running'), ['down', true, false]],
      ['queues,threads', {}, hostWith('waiting', 'starting'), ['down', true, false]],
      ['threads', {}, hostWith('waiting', 'running'), ['degraded', true, true]],
      ['listening', { listening: false }, hostWith('running'), ['degraded', true, true]],
      ['warnings', { warnings: [{ warning: 'clock_skew', subject: 'a' }] }, hostWith('running'), ['degraded', true, true]],
    ]
    for (const [names, facts, host, expected] of cases) {
      const health = healthOf({ ...FINE, ...facts }, host)
      assert.equal(failing(health).join(), names)
      assert.deepEqual([health.status, health.live, health.ready], expected, names)
    }
  })

  test('an isolate that did not start the engine knows nothing of threads', () => {
    const { status, checks } = healthOf(FINE, { threads: () => undefined, isStopping: () => false })
    assert.equal(status, 'ok')
    assert.deepEqual(Object.keys(checks), ['engine', 'tasks', 'environment', 'database', 'listening', 'warnings'])
  })
})

test('an engine with a thread for its queue is ok, is not ready from the call of stop() on, and then down', () =>
  withSchema(async ({ url, prefix }) => {
    const engine = await EramEngine.start({ name: 'health', url, prefix, queues: { journal: 2 }, logger: false })
    assert.ok(JournalJob)
    await until(async () => assert.equal((await engine.health()).status, 'ok'))
    const health = await engine.health({ deep: true })
    assert.deepEqual(health.checks.queues?.threads, { journal: { running: 1, expected: 1 } })
    assert.equal(health.checks.probe?.ok, true)
    const stopped = engine.stop()
    const stopping = await engine.health()
    assert.deepEqual([stopping.live, stopping.ready, failing(stopping)], [true, false, ['engine']])
    await stopped
    assert.deepEqual(await engine.health(), {
      status: 'down',
      live: true,
      ready: false,
      checks: { engine: { ok: false, message: 'the engine has stopped' } },
    })
  }))

test('an engine whose environment is refused is live, and not ready', () =>
  withSchema(async ({ url, prefix }) => {
    await EramEngine.environment({ url, prefix, set: 'production' })
    const engine = await EramEngine.start({ name: 'refused', url, prefix, environment: 'staging', queues: { journal: 1 }, logger: false })
    try {
      await until(async () => {
        const health = await engine.health()
        assert.deepEqual([health.live, health.ready, failing(health)], [true, false, ['environment']])
      })
    } finally {
      await engine.stop()
    }
  }))

test('without a database an engine stays live, is not ready, and is ready again when the database is back', () =>
  withServer(async ({ server, start }) => {
    const { engine } = await start({ name: 'outage', queues: { journal: 1 }, heartbeat_interval: 500 })
    const { engine: enqueuer } = await start({ name: 'enqueuer', notify: false, metrics: false })
    await until(async () => assert.equal((await engine.health()).status, 'ok'))
    await server.down()
    await until(async () => {
      const { live, ready, checks } = await engine.health()
      assert.deepEqual([live, ready, checks.database?.ok], [true, false, false])
    })
    const { probe } = (await engine.health({ deep: true })).checks
    assert.equal(probe?.ok, false)
    assert.match(probe.message ?? '', /^database/)
    // An engine that only enqueues, and writes no metrics, learns of the outage from its next statement.
    assert.equal((await enqueuer.health()).ready, true)
    await assert.rejects(enqueuer.enqueue('Any'), { code: 'ERAM_UNAVAILABLE' })
    const down = await enqueuer.health()
    assert.deepEqual([down.live, down.ready, failing(down)], [true, false, ['database']])
    await server.up()
    await until(async () => assert.equal((await engine.health()).status, 'ok'))
    await enqueuer.enqueue('Any')
    assert.equal((await enqueuer.health()).status, 'ok')
  }))

test('a deep check of a database that does not answer ends after two seconds', () =>
  withServer(async ({ server, start }) => {
    const { engine } = await start({ name: 'frozen', notify: false })
    await server.freeze()
    try {
      const { ready, checks } = await engine.health({ deep: true })
      assert.equal(ready, false)
      assert.match(String(checks.probe?.message), /did not answer within 2 s$/)
    } finally {
      await server.thaw()
    }
  }))
