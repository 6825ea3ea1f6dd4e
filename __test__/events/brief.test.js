// Events with and without the args of their jobs, and what happens to events that nothing takes.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import diagnostics from 'node:diagnostics_channel'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { withEngine } from '../support/fixtures/engine.js'
import { ThreadJob } from '../support/fixtures/jobs.js'
import { until } from '../support/until.js'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const OPTIONS = { meta: { trace: { traceparent: TRACE }, tenant: 'a' }, tags: ['t'] }
const BRIEF = [
  ...['id', 'worker', 'queue', 'attempt', 'max_attempts', 'priority', 'state'],
  ...['inserted_at', 'scheduled_at', 'attempted_at', 'attempted_by', 'traceparent'],
]

/** @param {any} job */
const keys = (job) => Object.keys(job).sort()

describe('the job in an event', () => {
  test('has no args, meta and tags for a listener with args: false', () =>
    withEngine({}, async ({ engine }) => {
      /** @type {any[]} */
      const jobs = []
      for (const kind of ['job:start', 'job:stop', 'job:exception']) {
        engine.on(kind, (/** @type {any} */ event) => jobs.push(event.job), { args: false })
      }
      await ThreadJob.enqueue({ action: 'return' }, OPTIONS)
      await ThreadJob.enqueue({ action: 'throw', message: 'bad' }, OPTIONS)
      await until(() => assert.equal(jobs.length, 4))
      for (const job of jobs) {
        assert.deepEqual(keys(job), [...BRIEF].sort())
        assert.equal(job.traceparent, TRACE)
        assert.ok(job.attempted_at instanceof Date)
      }
    }))

  test('has them for a listener of its kind, beside others that do not want them', () =>
    withEngine({}, async ({ engine, recordEvents }) => {
      const full = recordEvents('job:stop')
      const all = recordEvents('*')
      /** @type {any[]} */
      const channel = []
      const listen = (/** @type {any} */ event) => channel.push(event)
      diagnostics.subscribe('eram:job:stop', listen)
      engine.on('thread:exit', () => {})
      await ThreadJob.enqueue({ action: 'return' }, OPTIONS)
      await until(() => assert.equal(channel.length, 1))
      diagnostics.unsubscribe('eram:job:stop', listen)
      const { job } = full[0]
      assert.deepEqual([job.args, job.meta, job.tags], [{ action: 'return' }, OPTIONS.meta, OPTIONS.tags])
      const seen = all.filter(({ event }) => event === 'job:stop')
      for (const event of [...seen, ...channel]) assert.deepEqual(keys(event.job), [...BRIEF].sort())
      assert.equal(seen.length, 1)
    }))

  test('has them for a listener of all kinds with args: true', () =>
    withEngine({}, async ({ engine }) => {
      /** @type {any[]} */
      const stops = []
      engine.on('*', (/** @type {any} */ event) => event.event === 'job:stop' && stops.push(event), { args: true })
      await ThreadJob.enqueue({ action: 'return' }, OPTIONS)
      await until(() => assert.deepEqual(stops[0]?.job.args, { action: 'return' }))
    }))

  test('has no traceparent if the job continues no trace', () =>
    withEngine({}, async ({ engine }) => {
      /** @type {any[]} */
      const stops = []
      engine.once('job:stop', (/** @type {any} */ event) => stops.push(event), { args: false })
      await ThreadJob.enqueue({ action: 'return' }, { meta: { trace: { traceparent: 5 } } })
      await until(() => assert.equal(stops.length, 1))
      assert.equal('traceparent' in stops[0].job, false)
    }))

  test('options of engine.on are checked', () =>
    withEngine({}, async ({ engine }) => {
      const on = (/** @type {any} */ options) => () => engine.on('job:stop', () => {}, options)
      assert.throws(on({ args: 1 }), { code: 'ERAM_CONFIG', message: 'engine.on: args: expected true or false, got 1' })
      assert.throws(on(5), { code: 'ERAM_CONFIG', message: 'engine.on: expected an object of options, got 5' })
    }))
})

test('events above 16 MiB are dropped and counted, and the engine goes on', () =>
  withEngine({}, async ({ engine, schema, recordEvents, runToCompletion }) => {
    const jobs = 60
    const drops = recordEvents('events:dropped')
    const stops = recordEvents('job:stop')
    const exits = recordEvents('thread:exit')
    // The thread starts while this one can start it.
    await runToCompletion(ThreadJob, { action: 'return' })
    await until(() => assert.equal(stops.splice(0).length, 1))
    const padding = 'x'.repeat(500_000)
    await EramEngine.enqueueAll(Array.from({ length: jobs }, () => ThreadJob.new({ action: 'return', padding })))
    // This thread takes no events until every job is done.
    const done = spawnSync(process.execPath, ['--input-type=module', '-e', WAIT], {
      cwd: import.meta.dirname,
      env: { ...process.env, DATABASE_URL: schema.url, SCHEMA: schema.prefix, JOBS: String(jobs + 1) },
      encoding: 'utf8',
    })
    assert.equal(done.status, 0, done.stderr)
    await until(() => assert.equal(drops.length, 1))
    const { dropped } = drops[0]
    assert.deepEqual(Object.keys(dropped), ['job:stop'])
    // Jobs that the thread cannot take soon are handed back and claimed again, with an event too.
    const [{ success, released }] = (await engine.metrics()).series
    assert.equal(success, jobs + 1)
    await until(() => assert.equal(stops.length + dropped['job:stop'], jobs + released))
    // 16 MiB of them, and those that were taken before this thread waited.
    assert.ok(stops.length >= 32, String(stops.length))
    await runToCompletion(ThreadJob, { action: 'exit', code: 3 })
    await until(() => assert.equal(exits.length, 1))
    assert.equal((await runToCompletion(ThreadJob, { action: 'return' })).state, 'completed')
  }))

const WAIT = `
import pg from 'pg'
const client = new pg.Client(process.env.DATABASE_URL)
await client.connect()
for (;;) {
  const { rows } = await client.query(\`SELECT count(*)::int FROM "\${process.env.SCHEMA}".eram_jobs WHERE state = 'completed'\`)
  if (rows[0].count === Number(process.env.JOBS)) break
}
await client.end()
`
