// engine.prometheus(): what it reports, and what a scrape costs the database and the main thread.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { defineJob, EramEngine } from '../../index.js'
import { startPostgres } from '../../scripts/postgres.js'
import { sql, until, withSchema } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { MainJob, ThreadJob } from '../support/fixtures/jobs.js'
import { families, found, samples, value } from './scrape.js'

/** The bounds of histograms. */
const BOUNDS = ['0.001', '0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '30', '60', '300', '1800', '3600']

describe('engine.prometheus()', () => {
  test('reports what engine.metrics() has, and nothing of arguments and errors', () =>
    withEngine({ version: '1.2' }, async ({ engine, runToCompletion }) => {
      for (let n = 0; n < 5; n++) await runToCompletion(MainJob, { action: 'return', password: 'secret' })
      await runToCompletion(MainJob, { action: 'throw', message: 'secret' }, { max_attempts: 1 })
      await runToCompletion(ThreadJob, { action: 'return', password: 'secret' })
      const main = { engine: 'default', queue: 'main' }
      const text = await until(async () => {
        const text = await engine.prometheus()
        assert.equal(value(text, 'eram_jobs_total', { ...main, worker: 'MainJob', state: 'success' }), 5)
        assert.equal(value(text, 'eram_jobs_total', { ...main, worker: 'MainJob', state: 'discard' }), 1)
        assert.equal(value(text, 'eram_jobs_total', { queue: 'thread', worker: 'ThreadJob', state: 'success' }), 1)
        return text
      })
      const states = found(text, 'eram_jobs_total', { queue: 'thread' }).map(({ labels }) => labels.state)
      assert.deepEqual(states, ['success', 'failure', 'discard'], 'others are left out until they occur')
      assert.equal(value(text, 'eram_thread_exits_total', { queue: 'thread', expected: 'false' }), 0)
      assert.equal(value(text, 'eram_jobs_enqueued_total', { ...main, worker: 'MainJob' }), 6)
      assert.doesNotMatch(text, /secret|password/)
      const { series } = await engine.metrics()
      const { run, wait } = series.find((/** @type {any} */ it) => it.worker === 'MainJob')
      assert.equal(value(text, 'eram_job_run_seconds_count', { ...main, outcome: 'ok' }), 5)
      assert.equal(value(text, 'eram_job_run_seconds_count', { ...main, outcome: 'failed' }), 1)
      assert.ok(Math.abs(value(text, 'eram_job_run_seconds_sum', { ...main, outcome: 'ok' }) * 1000 - run.sum_ms) < 0.001)
      assert.equal(value(text, 'eram_job_wait_seconds_count', main), wait.count)
      const buckets = found(text, 'eram_job_run_seconds_bucket', { ...main, outcome: 'ok' })
      assert.deepEqual(
        buckets.map(({ labels }) => labels.le),
        [...BOUNDS, '+Inf'],
      )
      for (const { labels, value } of buckets) {
        const limit = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le) * 1000
        assert.equal(value, run.countUpTo(limit), labels.le)
      }
      assert.equal(value(text, 'eram_info', { node: engine.node, app_version: '1.2' }), 1)
      assert.equal(value(text, 'eram_queue_limit', { queue: 'process' }), 10)
      assert.equal(value(text, 'eram_threads', { queue: 'thread', state: 'running' }), 1)
      assert.equal(value(text, 'eram_threads', { queue: 'thread', state: 'waiting' }), 0)
      for (const name of ['eram_database_up', 'eram_listening']) assert.equal(value(text, name), 1, name)
      assert.ok(value(text, 'eram_fetches_total', { result: 'jobs' }) > 0)
      assert.ok(value(text, 'eram_ack_seconds_count') > 0)
      assert.deepEqual(
        found(text, 'eram_warning').map(({ labels, value }) => [labels.warning, value]),
        [
          ['clock_skew', 0],
          ['jobs_refused', 0],
          ['node_duplicate', 0],
          ['queue_stalled', 0],
          ['queue_unattended', 0],
          ['slow_query', 0],
          ['xmin_horizon', 0],
        ],
      )
    }))

  test('tells values apart by the labels that are wanted', () =>
    withSchema(async ({ url, prefix }) => {
      const engine = await EramEngine.start({ url, prefix, notify: false, logger: false })
      try {
        await engine.enqueueAll(['X', 'Y', 'Y'].map((worker, n) => ({ worker, queue: `q${n % 2}` })))
        const name = 'eram_jobs_enqueued_total'
        const of = async (/** @type {('queue' | 'worker')[]} */ counters) =>
          found(await engine.prometheus({ labels: { counters } }), name).map(({ labels, value }) => [
            ...Object.values({ ...labels, engine: undefined }).filter(Boolean),
            value,
          ])
        assert.deepEqual((await of(['queue', 'worker'])).sort(), [
          ['q0', 'X', 1],
          ['q0', 'Y', 1],
          ['q1', 'Y', 1],
        ])
        assert.deepEqual((await of(['worker'])).sort(), [
          ['X', 1],
          ['Y', 2],
        ])
        assert.deepEqual(await of([]), [[3]])
        const refused = { code: 'ERAM_CONFIG', message: /^prometheus\.labels\.counters\[0\]: expected "queue" or "worker", got "node"$/ }
        await assert.rejects(of(/** @type {any} */ (['node'])), refused)
        const message = /^prometheus\.engines: expected names of engines, got 7/
        await assert.rejects(engine.prometheus(/** @type {any} */ ({ engines: 7 })), { code: 'ERAM_CONFIG', message })
        await assert.rejects(engine.prometheus({ engines: ['none'] }), { code: 'ERAM_NOT_RUNNING' })
      } finally {
        await engine.stop()
      }
    }))

  test('escapes quotes, backslashes and line feeds', () =>
    withSchema(async ({ url, prefix }) => {
      const name = 'an "engine" \\n'
      const engine = await EramEngine.start({ name, url, prefix, notify: false, logger: false })
      try {
        const queue = 'a"b\\c\\\nd'
        await engine.enqueue('W"\\', {}, { queue })
        const labels = { engine: name, queue, worker: 'W"\\' }
        for (const format of /** @type {const} */ (['text', 'openmetrics'])) {
          const text = await engine.prometheus({ format })
          assert.ok(text.includes('_total{engine="an \\"engine\\" \\\\n",queue="a\\"b\\\\c\\\\\\nd",worker="W\\"\\\\"} 1\n'), text)
        }
        assert.deepEqual(found(await engine.prometheus(), 'eram_jobs_enqueued_total'), [
          { name: 'eram_jobs_enqueued_total', labels, value: 1 },
        ])
      } finally {
        await engine.stop()
      }
    }))

  test('has several engines in one text, each with its label', () =>
    withSchema(async ({ url, prefix }) => {
      const start = (/** @type {string} */ name) => EramEngine.start({ name, url, prefix, notify: false, logger: false })
      const [one, two] = [await start('one'), await start('two')]
      try {
        await one.enqueue('X', {}, { queue: 'a' })
        await two.enqueueAll([1, 2].map(() => ({ worker: 'X', queue: 'a' })))
        const text = await one.prometheus({ engines: ['two'] })
        const counts = found(text, 'eram_jobs_enqueued_total').map(({ labels, value }) => [labels.engine, value])
        assert.deepEqual(counts, [
          ['one', 1],
          ['two', 2],
        ])
        const names = families(text).map(({ name }) => name)
        assert.deepEqual(names, [...new Set(names)], 'each metric is described once')
        assert.deepEqual(new Set(samples(await one.prometheus()).map(({ labels }) => labels.engine)), new Set(['one']))
      } finally {
        await one.stop()
        await two.stop()
      }
    }))

  test('shows on every node the same jobs that wait in the cluster', () =>
    withSchema(async ({ url, prefix }) => {
      const web = await EramEngine.start({ name: 'web', url, prefix, notify: false, logger: false })
      await web.enqueueAll([1, 2, 3].map(() => ({ worker: 'X', queue: 'emails' })))
      await web.enqueue('X', {}, { queue: 'emails', schedule_in: 3600 })
      assert.deepEqual(found(await web.prometheus(), 'eram_queue_jobs'), [], 'no leader has written any')
      const worker = await EramEngine.start({ name: 'worker', url, prefix, queues: { emails: 2 }, logger: false })
      try {
        const text = await until(async () => {
          const text = await web.prometheus()
          assert.equal(value(text, 'eram_queue_jobs', { queue: 'emails', state: 'available' }), 3)
          return text
        })
        assert.equal(value(text, 'eram_queue_jobs', { queue: 'emails', state: 'scheduled' }), 1)
        assert.equal(value(text, 'eram_queue_nodes', { queue: 'emails' }), 1)
        assert.ok(value(text, 'eram_queue_oldest_seconds', { queue: 'emails' }) >= 0)
        const ofWorker = await until(async () => {
          const text = await worker.prometheus()
          assert.ok(found(text, 'eram_queue_jobs').length > 0)
          return text
        })
        for (const state of ['available', 'scheduled', 'retryable', 'executing'])
          assert.equal(
            value(ofWorker, 'eram_queue_jobs', { queue: 'emails', state }),
            value(text, 'eram_queue_jobs', { queue: 'emails', state }),
          )
        assert.deepEqual(found(await worker.prometheus({ cluster: false }), 'eram_queue_jobs'), [])
      } finally {
        await web.stop()
        await worker.stop()
      }
    }))

  test('counters and buckets never fall while jobs run', () =>
    withEngine({ queues: { main: 50 } }, async ({ engine }) => {
      await engine.enqueueAll(Array.from({ length: 3000 }, () => MainJob.new({ action: 'return' })))
      /** @type {Map<string, number>[]} */
      const scrapes = []
      await until(
        async () => {
          const text = await engine.prometheus()
          const counters = samples(text).filter(({ name }) => /_(total|bucket|count|sum)$/.test(name))
          scrapes.push(new Map(counters.map(({ name, labels, value }) => [JSON.stringify([name, Object.entries(labels).sort()]), value])))
          assert.equal(value(text, 'eram_jobs_total', { state: 'success' }), 3000)
        },
        { interval: 1 },
      )
      assert.ok(scrapes.length > 2, `${scrapes.length} scrapes`)
      const fallen = scrapes.flatMap((now, n) => [...(scrapes[n - 1] ?? [])].filter(([key, before]) => !(Number(now.get(key)) >= before)))
      assert.deepEqual(fallen, [])
    }))

  test('has 1,000 pairs in less than 2 MB and 20,000 lines, for the most part off the main thread', () =>
    withSchema(async ({ url, prefix }) => {
      const queues = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`pairs-${n}`, 100]))
      const jobs = Array.from({ length: 1000 }, (_, n) => defineJob(`pair ${n}`, { isolation: 'main', queue: `pairs-${n % 10}` }, () => {}))
      const engine = await EramEngine.start({ url, prefix, queues, logger: false })
      try {
        await engine.enqueueAll(jobs.map((job) => job.new({})))
        const labels = { histograms: /** @type {('queue' | 'worker')[]} */ (['queue', 'worker']) }
        await until(async () =>
          assert.equal(
            found(await engine.prometheus(), 'eram_jobs_total', { state: 'success' }).filter(({ value }) => value === 1).length,
            1000,
          ),
        )
        const text = await engine.prometheus({ labels })
        const lines = text.split('\n').length
        assert.ok(text.length < 2_000_000 && lines < 20_000, `${text.length} bytes, ${lines} lines`)
        const help = 'Above 20,000 lines: the worker is left empty.'
        assert.deepEqual(
          families(text)
            .filter((it) => it.help.endsWith(help))
            .map(({ name }) => name),
          ['eram_job_run_seconds', 'eram_job_wait_seconds'],
        )
        assert.equal(
          found(text, 'eram_job_run_seconds_count').reduce((sum, { value }) => sum + value, 0),
          1000,
        )
        assert.ok(found(text, 'eram_job_run_seconds_count').every(({ labels }) => labels.worker === ''))
        // The share of the main thread's time; the rest of it, the loop waits.
        const before = performance.eventLoopUtilization()
        for (let n = 0; n < 20; n++) await engine.prometheus({ labels })
        const { utilization } = performance.eventLoopUtilization(before)
        assert.ok(utilization < 0.5, `${utilization}`)
      } finally {
        await engine.stop()
      }
    }))
})

test('a scrape reads one row, and never counts jobs', async () => {
  const server = await startPostgres({ settings: { log_statement: 'all', log_line_prefix: '%a|' } })
  const { rows, end } = await sql(server.url)
  /** @type {EramEngine | undefined} */
  let engine
  try {
    await EramEngine.migrate({ url: server.url })
    // It does nothing by itself: each of its statements is one of a scrape.
    engine = await EramEngine.start({ name: 'scraped', node: 'scraped', url: server.url, notify: false, metrics: false, logger: false })
    await engine.enqueue('Any')
    const running = engine
    await rows("SELECT 'scrapes'")
    await Promise.all(Array.from({ length: 10 }, () => running.prometheus()))
    await rows("SELECT 'scrapes without cluster'")
    await Promise.all(Array.from({ length: 10 }, () => running.prometheus({ cluster: false })))
    await rows("SELECT 'end'")
    const log = await until(async () => {
      const log = await readFile(server.logFile, 'utf8')
      assert.match(log, /SELECT 'end'/)
      return log
    })
    const between = (/** @type {string} */ from, /** @type {string} */ to) =>
      (log.split(`SELECT '${from}'`)[1]?.split(`SELECT '${to}'`)[0] ?? '').match(/LOG: {2}(execute [^:]+|statement): .*/g) ?? []
    const asked = between('scrapes', 'scrapes without cluster').filter((line) => !/statement: $/.test(line))
    assert.equal(asked.length, 1, asked.join('\n'))
    assert.match(asked[0] ?? '', /FROM "public"\.eram_metrics AS m/)
    assert.deepEqual(
      between('scrapes without cluster', 'end').filter((line) => !/statement: $/.test(line)),
      [],
    )
  } finally {
    await engine?.stop()
    await end()
    await server.stop()
  }
})
