// The tracing channels of node:diagnostics_channel: what tracers see that do not belong to the program.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import diagnostics from 'node:diagnostics_channel'
import { test } from 'node:test'
import { defineJob, EramEngine } from '../../index.js'
import { until } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'

const storage = new AsyncLocalStorage()
const failure = new TypeError('as asked')
const Traced = defineJob('ChannelTracedJob', { queue: 'main', max_attempts: 1 }, async ({ fails }, ctx) => {
  if (fails) throw failure
  return { id: ctx.id, stored: storage.getStore() }
})

const PARTS = /** @type {const} */ (['start', 'end', 'asyncStart', 'asyncEnd', 'error'])

/** @param {import('node:test').TestContext} t @param {'eram:enqueue' | 'eram:perform'} name */
function subscribed(t, name) {
  /** @type {{ part: string, message: any }[]} */
  const seen = []
  const channel = /** @type {any} */ (diagnostics.tracingChannel(name))
  const listeners = Object.fromEntries(PARTS.map((part) => [part, (/** @type {any} */ message) => seen.push({ part, message })]))
  channel.subscribe(listeners)
  t.after(() => channel.unsubscribe(listeners))
  return { seen, channel }
}

test('eram:enqueue publishes each call, with its jobs or its error', async (t) => {
  await withEngine({ queues: {} }, async ({ schema }) => {
    const { seen } = subscribed(t, 'eram:enqueue')
    const { id } = await Traced.enqueue({}, { priority: 3 })
    assert.deepEqual(
      seen.map(({ part }) => part),
      ['start', 'end', 'asyncStart', 'asyncEnd'],
    )
    const [{ message } = assert.fail()] = seen
    assert.deepEqual(message.drafts, [{ worker: 'ChannelTracedJob', args: {}, options: { priority: 3 } }])
    assert.deepEqual([message.transaction, message.engine, message.result[0].id], [false, 'default', id])

    seen.length = 0
    await schema.rows('ALTER TABLE eram_jobs RENAME TO gone')
    await assert.rejects(EramEngine.enqueueAll([Traced.new({}), Traced.new({})]))
    assert.deepEqual(
      seen.map(({ part }) => part),
      ['start', 'end', 'error', 'asyncStart', 'asyncEnd'],
    )
    assert.equal(seen[0]?.message.drafts.length, 2)
    assert.ok(seen[0]?.message.error instanceof Error)
    await schema.rows('ALTER TABLE gone RENAME TO eram_jobs')
  })
})

test('eram:perform publishes each call of perform, within the stores that are bound to it', async (t) => {
  await withEngine({}, async ({ runToCompletion }) => {
    const { seen, channel } = subscribed(t, 'eram:perform')
    channel.start.bindStore(storage, (/** @type {any} */ { job }) => `of ${job.id}`)
    t.after(() => channel.start.unbindStore(storage))
    const { id, result } = await runToCompletion(Traced, {})
    assert.equal(result.stored, `of ${id}`)
    const [{ message } = assert.fail()] = seen
    assert.deepEqual(message.job, { id, worker: 'ChannelTracedJob', queue: 'main', attempt: 1, max_attempts: 1 })
    assert.equal(message.ctx.id, id)
    assert.deepEqual(message.result, result)

    seen.length = 0
    assert.equal((await runToCompletion(Traced, { fails: true })).state, 'discarded')
    await until(() => assert.ok(seen.some(({ part }) => part === 'error')))
    assert.equal(seen[0]?.message.error, failure)
  })
})

test('without a subscriber nothing is published', async () => {
  await withEngine({}, async ({ runToCompletion }) => {
    const { result } = await runToCompletion(Traced, {})
    assert.equal(result.stored, undefined)
  })
})
