// engine.metrics(): what a process counts, without a statement.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { Histogram } from '../../lib/operations/histogram.js'
import { until, withSchema } from '../support/database.js'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { MainJob, ThreadJob } from '../support/fixtures/jobs.js'

/** @param {any} engine @param {string} worker */
async function seriesOf(engine, worker) {
  const { series } = await engine.metrics()
  return series.find((/** @type {any} */ it) => it.worker === worker)
}

describe('engine.metrics()', () => {
  test('counts attempts by queue, class and result, with their durations', () =>
    withEngine({}, async ({ engine, runToCompletion }) => {
      for (let n = 0; n < 5; n++) await runToCompletion(MainJob, { action: 'return' })
      await runToCompletion(MainJob, { action: 'throw' }, { max_attempts: 1 })
      await runToCompletion(ThreadJob, { action: 'return' })
      const main = await until(async () => {
        const found = await seriesOf(engine, MainJob.name)
        assert.equal(found.success + found.discard, 6)
        return found
      })
      assert.deepEqual([main.queue, main.success, main.discard, main.failure, main.enqueued], ['main', 5, 1, 0, 6])
      assert.deepEqual([main.run.count, main.failed.count, main.wait.count], [5, 1, 6])
      assert.ok(main.run.quantile(0.5) <= main.run.max_ms && main.run.sum_ms >= main.run.max_ms)
      const { at, since, name, queues, engine: work } = await engine.metrics()
      assert.ok(at instanceof Date && since instanceof Date && since <= at)
      assert.equal(name, 'default')
      assert.deepEqual(queues.map((/** @type {any} */ it) => it.queue).sort(), ['main', 'process', 'thread'])
      const plain = (await engine.metrics({ histograms: false })).series.find((/** @type {any} */ it) => it.worker === MainJob.name)
      assert.deepEqual([plain.run.count, plain.run.sum_ms, plain.run.quantile(0.5)], [5, main.run.sum_ms, null])
      await assert.rejects(engine.metrics({ histograms: 1 }), {
        code: 'ERAM_CONFIG',
        message: /^metrics\.histograms: expected true or false, got 1/,
      })
      assert.ok(work.fetches > 0 && work.ack.count > 0 && work.connections > 0 && work.rss_bytes > 0)
    }))

  test('counts what was inserted by enqueue and enqueueAll, but no conflict', () =>
    withSchema(async ({ url, prefix }) => {
      const engine = await EramEngine.start({ url, prefix, logger: false })
      try {
        const unique = { fields: /** @type {'args'[]} */ (['args']) }
        const draft = (/** @type {number} */ n) => ({ worker: 'Other', args: { n }, queue: 'mail', unique })
        await engine.enqueueAll([draft(1), draft(2)])
        await engine.enqueueAll([draft(2), draft(3)])
        await enqueue('Other', {}, { queue: 'else' })
        const { series, engine: work } = await engine.metrics()
        assert.equal(work.insert.count, 3, 'a statement each')
        const found = series.map((/** @type {any} */ it) => [it.queue, it.worker, it.enqueued, it.success])
        assert.deepEqual(found.sort(), [
          ['else', 'Other', 1, 0],
          ['mail', 'Other', 3, 0],
        ])
      } finally {
        await engine.stop()
      }
    }))
})

describe('a histogram', () => {
  // Three values: two of 3 µs, one of 40 µs.
  const histogram = new Histogram('3 1a 14 3 2 11 1')

  test('has counts, and quantiles in milliseconds', () => {
    assert.deepEqual([histogram.count, histogram.sum_ms, histogram.max_ms], [3, 0.046, 0.04])
    assert.deepEqual(
      [0, 0.5, 0.67, 1].map((q) => histogram.quantile(q)),
      [0.003, 0.003, 0.04, 0.04],
    )
    assert.deepEqual(
      [0.002, 0.003, 0.1].map((ms) => histogram.countUpTo(ms)),
      [0, 2, 3],
    )
    assert.equal(JSON.parse(JSON.stringify(histogram)).p95_ms, 0.04)
  })

  test('without values has no quantile', () => assert.equal(new Histogram('').quantile(0.5), null))

  test('refuses a share that is not from 0 to 1', () => {
    for (const q of [-0.1, 1.1, Number.NaN])
      assert.throws(() => histogram.quantile(q), { code: 'ERAM_CONFIG', message: /^quantile: expected a number from 0 to 1/ })
  })
})
