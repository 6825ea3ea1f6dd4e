// Functions as jobs: what defineJob returns is a job class in everything that takes one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineJob, EramEngine } from '../../index.js'
import { until } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { counted, failing, greet } from '../support/fixtures/functions.js'

test('a function runs where a class would: on the main thread without a file, on its queue’s thread with one', () =>
  withEngine({}, async ({ runToCompletion }) => {
    const here = defineJob('add', { queue: 'main' }, async (/** @type {{ a: number, b: number }} */ { a, b }, ctx) => ({
      sum: a + b,
      worker: ctx.worker,
    }))
    assert.deepEqual((await runToCompletion(here, { a: 1, b: 2 })).result, { sum: 3, worker: 'add' })
    const there = await runToCompletion(greet, { name: 'Ada' })
    assert.deepEqual([there.worker, there.result], ['say_hello', { text: 'hello Ada', isMainThread: false }])
    // Its file exports it under another name, or not at all.
    assert.deepEqual((await runToCompletion(counted, {})).result, { isMainThread: false })
    assert.deepEqual((await runToCompletion('hidden', {}, { queue: 'thread' })).result, { isMainThread: false })
  }))

test('it is enqueued in every way that a class is', () =>
  withEngine({}, async ({ engine, schema, waitForState }) => {
    const { client } = schema
    await client.query('BEGIN')
    const inside = await greet.enqueue({ name: 'tx' }, { tx: client, prefix: schema.prefix })
    await client.query('COMMIT')
    const drafts = await EramEngine.enqueueAll([greet.new({ name: 'a' }), greet.new({ args: { name: 'b' }, priority: 2 })])
    const others = [await engine.enqueue(greet, { name: 'c' }), await EramEngine.enqueue('say_hello', { name: 'd' }, { queue: 'thread' })]
    await engine.cron.insert(['0 0 1 1 *', greet, { name: 'cron' }, { name: 'yearly' }])
    const ticked = await engine.cron.run('yearly')
    for (const { id } of [inside, ...drafts, ...others, ticked]) await waitForState(Number(id), 'completed')
    const { rows } = await client.query(`SELECT args->>'name' AS name, priority FROM "${schema.prefix}".eram_jobs ORDER BY name`)
    assert.deepEqual(rows.map(({ name }) => name).sort(), ['a', 'b', 'c', 'cron', 'd', 'tx'])
    assert.equal(rows.find(({ name }) => name === 'b').priority, 2)
  }))

test('its listeners, its backoff and its options are those of a class', () =>
  withEngine({}, async ({ waitForState }) => {
    /** @type {any[]} */
    const events = []
    const off = [failing.onAttempt(({ state, delay }) => events.push([state, delay])), failing.onFailure(({ state }) => events.push(state))]
    const { id } = await failing.enqueue()
    const row = await waitForState(Number(id), 'discarded')
    assert.deepEqual([row.attempt, row.max_attempts, row.errors.length], [2, 2, 2])
    await until(() => assert.deepEqual(events, [['failure', 0.01], ['discard', null], 'discard']))
    for (const each of off) each()
  }))

test('a job is defined by name and function; anything else, and a second one of the name, is refused', () => {
  const any = /** @type {any} */ (defineJob)
  for (const [args, message] of /** @type {[unknown[], string][]} */ ([
    [[() => 1], 'defineJob: expected the name of the job first, got a function'],
    [['a', {}], 'defineJob("a"): expected a function: async (args, ctx) => { … }, got undefined'],
    [['a', 5, () => 1], 'defineJob("a"): expected an object of options, got 5'],
    [['a', { name: 'b' }, () => 1], 'defineJob("a"): expected its name as the first argument only, got options.name too'],
  ])) {
    assert.throws(() => any(...args), { code: 'ERAM_JOB', message })
  }
  assert.throws(() => any('a', { queu: 'x' }, () => 1), /a: unknown option "queu", did you mean "queue"\?/)
  defineJob('twice', () => 1)
  assert.throws(() => defineJob('twice', () => 2), /expected one class named "twice", got two, from .*define-job\.test\.js:\d+:\d+ and /)
})
