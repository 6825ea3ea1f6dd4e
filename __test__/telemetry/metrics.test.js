// What an engine has counted, read by the real SDK for metrics.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { defineJob } from '../../index.js'
import { metricProducer, observe } from '../../integrations/otel/index.js'
import { until } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'

const Counted = defineJob('OtelCountedJob', { queue: 'main', max_attempts: 1 }, async ({ fails }) => {
  if (fails) throw new Error('as asked')
})

class Reader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}

/** Runs three jobs, one of which fails. @param {any} engine */
async function work(engine) {
  for (const fails of [false, false, true]) await engine.waitFor(await Counted.enqueue({ fails }))
  await until(async () => {
    const { series } = await engine.metrics()
    assert.equal(series.find((/** @type {any} */ { worker }) => worker === 'OtelCountedJob')?.discard, 1)
  })
}

/** The points of a metric, by name. @param {MetricReader} reader @returns {Promise<(name: string) => any[]>} */
async function read(reader) {
  const { resourceMetrics, errors } = await reader.collect()
  assert.deepEqual(errors, [])
  const metrics = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)
  return (name) =>
    metrics.filter(({ descriptor }) => descriptor.name === name).flatMap(({ dataPoints }) => /** @type {any[]} */ (dataPoints))
}

test('metricProducer() gives a reader counters, gauges and histograms', async () => {
  await withEngine({}, async ({ engine }) => {
    await work(engine)
    const reader = new Reader({ metricProducers: [metricProducer(engine)] })
    const provider = new MeterProvider({ readers: [reader] })
    const points = await read(reader)
    const about = { 'messaging.system': 'eram', 'messaging.destination.name': 'main', 'messaging.eram.worker': 'OtelCountedJob' }
    const process = { ...about, 'messaging.operation.name': 'process' }
    assert.deepEqual(
      points('messaging.client.sent.messages').map(({ attributes, value }) => [attributes, value]),
      [[{ ...about, 'messaging.operation.name': 'send' }, 3]],
    )
    const outcomes = points('eram.attempts').map(({ attributes, value }) => [attributes['messaging.eram.outcome'], value])
    assert.deepEqual(outcomes, [
      ['success', 2],
      ['discard', 1],
    ])
    const durations = points('messaging.process.duration')
    assert.deepEqual(
      durations.map(({ attributes, value }) => [attributes, value.count]),
      [
        [process, 2],
        [{ ...process, 'error.type': '_OTHER' }, 1],
      ],
    )
    for (const { value, startTime, endTime } of durations) {
      assert.equal(value.buckets.counts.length, value.buckets.boundaries.length + 1)
      assert.equal(
        value.buckets.counts.reduce((/** @type {number} */ sum, /** @type {number} */ count) => sum + count),
        value.count,
      )
      assert.ok(value.sum > 0 && value.max <= value.sum)
      assert.ok(startTime[0] <= endTime[0])
    }
    assert.deepEqual(
      points('messaging.client.operation.duration').map(({ attributes, value }) => [
        attributes['messaging.operation.name'],
        value.count > 0,
      ]),
      [
        ['send', true],
        ['receive', true],
        ['settle', true],
      ],
    )
    assert.deepEqual(
      points('eram.queue.limit').map(({ value }) => value),
      [10, 10, 10],
    )
    await provider.shutdown()
  })
})

test('metricProducer() of an engine that has stopped gives an error to the reader, and no metrics', async () => {
  /** @type {any} */
  let producer
  await withEngine({}, async ({ engine }) => {
    producer = metricProducer(engine)
  })
  const { resourceMetrics, errors } = await producer.collect()
  assert.deepEqual(resourceMetrics.scopeMetrics, [])
  assert.equal(errors[0].code, 'ERAM_NOT_RUNNING')
})

test('observe() registers counters and gauges with a meter, until it is called off', async () => {
  await withEngine({}, async ({ engine }) => {
    await work(engine)
    const reader = new Reader()
    const provider = new MeterProvider({ readers: [reader] })
    const off = observe(provider.getMeter('eramjs'), engine)
    const points = await read(reader)
    assert.deepEqual(
      points('messaging.client.consumed.messages').map(({ value }) => value),
      [3],
    )
    assert.deepEqual(
      points('eram.queue.running').map(({ value }) => value),
      [0, 0, 0],
    )
    off()
    await engine.waitFor(await Counted.enqueue({}))
    await until(async () =>
      assert.equal((await engine.metrics()).series.find((/** @type {any} */ { worker }) => worker === 'OtelCountedJob')?.success, 3),
    )
    // A meter keeps what it observed last.
    assert.deepEqual(
      (await read(reader))('messaging.client.consumed.messages').map(({ value }) => value),
      [3],
    )
    await provider.shutdown()
  })
})
