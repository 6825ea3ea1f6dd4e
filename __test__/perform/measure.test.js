// CPU time and heap of attempts: measure: true of a class or a queue. Values only where they belong to one attempt.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { MeasuredJob, MeasuredMainJob, MeasuredProcessJob, PlainJob } from '../support/fixtures/measured.js'

/** @typedef {import('../support/fixtures/measured.js').Script} Script */

/** Node.js can say how much CPU time a thread has used. */
const KNOWN = 'threadCpuUsage' in process
const QUEUES = { thread: { limit: 2, threads: 1 }, process: { limit: 2, threads: 1 }, main: 2 }

/**
 * Runs a job; its last event.
 * @param {any} harness
 * @param {any} jobClass
 * @param {Script} script
 * @param {object} [options]
 */
async function ended({ engine }, jobClass, script, options) {
  /** @type {any[]} */
  const events = []
  for (const kind of ['job:stop', 'job:exception']) engine.on(kind, (/** @type {any} */ event) => events.push(event))
  const { id } = await jobClass.enqueue(script, options)
  return until(() => {
    const event = events.find(({ job }) => job.id === id)
    assert.ok(event)
    return event
  })
}

/** @param {any} event @param {number} least  milliseconds of CPU time */
function assertMeasured({ cpu_ms, heap_delta_bytes, run_ms }, least) {
  if (KNOWN)
    assert.ok(cpu_ms >= least && cpu_ms <= run_ms + 100, `${cpu_ms} ms of CPU time, at least ${least} expected, within ${run_ms} ms`)
  else assert.equal(cpu_ms, null)
  assert.ok(Number.isSafeInteger(heap_delta_bytes))
}

/** @param {any} event */
const measures = ({ cpu_ms, heap_delta_bytes }) => [cpu_ms, heap_delta_bytes]

describe('an attempt is measured', () => {
  for (const [name, jobClass] of /** @type {const} */ ([
    ['a thread', MeasuredJob],
    ['a process', MeasuredProcessJob],
    ['the main thread', MeasuredMainJob],
  ])) {
    test(`in ${name}, if perform returns or throws at once`, () =>
      withEngine({ queues: QUEUES }, async (harness) => {
        assertMeasured(await ended(harness, jobClass, { how: 'at once' }), 20)
        const failed = await ended(harness, jobClass, { how: 'throw' }, { max_attempts: 1 })
        assert.equal(failed.event, 'job:exception')
        assertMeasured(failed, 20)
      }))
  }

  for (const jobClass of [MeasuredJob, MeasuredProcessJob]) {
    test(`of ${jobClass.name} to the end of its promise, if it was alone`, () =>
      withEngine({ queues: QUEUES }, async (harness) => {
        const event = await ended(harness, jobClass, { how: 'await' })
        assertMeasured(event, 40)
        assert.ok(event.heap_delta_bytes > 0)
      }))
  }

  test('and counted in metrics, with the number of measured attempts', () =>
    withEngine({ queues: QUEUES }, async (harness) => {
      for (const how of /** @type {const} */ (['at once', 'await'])) await ended(harness, MeasuredJob, { how })
      await ended(harness, PlainJob, { how: 'at once' })
      const { series } = await harness.engine.metrics()
      const of = (/** @type {string} */ worker) => series.find((/** @type {any} */ it) => it.worker === worker)
      assert.deepEqual([of('PlainJob').measured, of('PlainJob').cpu_us, of('MeasuredJob').measured], [0, 0, KNOWN ? 2 : 0])
      if (KNOWN) assert.ok(of('MeasuredJob').cpu_us >= 60_000)
    }))

  test('if its queue says so and its class does not, also of a queue that is started later', () =>
    withEngine({ queues: { thread: { limit: 1, measure: true } } }, async (harness) => {
      assertMeasured(await ended(harness, PlainJob, { how: 'at once' }), 20)
      await harness.engine.startQueue({ queue: 'later', limit: 1, measure: true })
      assertMeasured(await ended(harness, PlainJob, { how: 'at once' }, { queue: 'later' }), 20)
    }))
})

describe('an attempt is not measured', () => {
  test('if another ran on its thread or in its process meanwhile', () =>
    withEngine({ queues: QUEUES }, async (harness) => {
      for (const jobClass of [MeasuredJob, MeasuredProcessJob]) {
        const both = await Promise.all([1, 2].map(() => ended(harness, jobClass, { how: 'together' })))
        assert.deepEqual(both.map(measures), [
          [null, null],
          [null, null],
        ])
        assertMeasured(await ended(harness, jobClass, { how: 'await' }), 40)
      }
    }))

  test('on the main thread, if it returns a promise: the application runs there too', () =>
    withEngine({ queues: QUEUES }, async (harness) => {
      assert.deepEqual(measures(await ended(harness, MeasuredMainJob, { how: 'await' })), [null, null])
    }))

  test('unless its class or queue says so', () =>
    withEngine({ queues: QUEUES }, async (harness) => {
      const event = await ended(harness, PlainJob, { how: 'at once' })
      assert.deepEqual([event.state, ...measures(event)], ['success', null, null])
    }))
})
