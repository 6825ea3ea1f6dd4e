// Code that does not let go of its thread: what it costs its neighbours, other queues and the process.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/database.js'
import { withNodes } from './nodes.js'

/** @typedef {import('./nodes.js').Cluster} Cluster */

/** How long after their insertion jobs began, in milliseconds; both clocks are this machine's. @param {Cluster} cluster @param {number[]} ids */
async function waits({ completed }, ids) {
  return (await completed(ids)).map(({ result, inserted_at }) => result - inserted_at.getTime())
}

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Infinity

test('a job that spins for ever', (t) =>
  withNodes(async (cluster) => {
    const { schema, start, enqueue, jobs, completed } = cluster
    const node = await start('spun', { queues: { default: 5, clock: 5 }, abort_grace: 500, grace: 2000, signals: true })
    const clock = { worker: 'ClockJob', queue: 'clock' }
    await completed(await enqueue([clock, {}]))

    const neighbours = await enqueue(Array(4).fill({ args: { ms: 4000 } }))
    await node.waitForLog(neighbours, 'begun')
    const [culprit = 0] = await enqueue([{ args: { hang: 'spin' }, timeout: 1000, max_attempts: 1 }])
    /** @type {number[]} */
    const elsewhere = []
    let longest = 0
    const state = async () => (await jobs([culprit]))[0].state
    await node.waitForEvent('job:start', ({ job }) => job.id === culprit)
    const begun = performance.now()
    await until(
      async () => {
        elsewhere.push(...(await enqueue([clock])))
        const { silent } = await schema.row('SELECT extract(epoch FROM max(now() - updated_at))::float AS silent FROM eram_producers')
        longest = Math.max(longest, silent)
        assert.equal(await state(), 'discarded')
      },
      { interval: 50, timeout: 15_000 },
    )
    const took = performance.now() - begun

    await t.test('fails by its timeout', async () => {
      const [{ errors, attempt }] = await jobs([culprit])
      assert.deepEqual([attempt, errors.map((/** @type {any} */ { kind }) => kind)], [1, ['timeout']])
      assert.ok(took > 1000 && took < 6000, `took ${took} ms`)
    })

    await t.test('makes its neighbours run again, without losing an attempt', async () => {
      for (const { attempt, errors, meta, crashes } of await completed(neighbours)) {
        assert.deepEqual([attempt, errors, meta, crashes], [1, [], { interrupted: 1 }, 0])
      }
      const effects = await schema.rows('SELECT job::int FROM effects WHERE job = ANY ($1) ORDER BY job', [neighbours])
      assert.deepEqual(
        effects.map(({ job }) => job),
        neighbours,
      )
    })

    await t.test('is not noticed by other queues, nor by the heart', async () => {
      const all = await waits(cluster, elsewhere)
      assert.ok(all.length > 10)
      assert.ok(median(all) < 100, `median of ${all}`)
      assert.ok(Math.max(...all) < 1000, `longest of ${all}`)
      assert.ok(longest < 8, `${longest} s`)
    })

    await t.test('does not keep its process from ending', async () => {
      const [again = 0] = await enqueue([{ args: { hang: 'spin' } }])
      await node.waitForEvent('job:start', ({ job }) => job.id === again)
      assert.deepEqual(await node.signal('SIGTERM'), { code: 0, signal: null })
      const [{ state, attempt }] = await jobs([again])
      assert.deepEqual([state, attempt], ['available', 0])
    })
  }))

test('a main thread that is busy delays no job of a thread', () =>
  withNodes(async (cluster) => {
    const { start, enqueue, completed } = cluster
    const node = await start('busy', { queues: { clock: 5 } })
    const clock = { worker: 'ClockJob', queue: 'clock' }
    await completed(await enqueue([clock]))
    const before = node.eventsOf('job:stop').length
    const begun = performance.now()
    await node.block(5000)
    const ids = []
    for (let i = 0; i < 20; i++) ids.push(...(await enqueue([clock])))
    const all = await waits(cluster, ids)
    // The main thread would have told of them.
    assert.equal(node.eventsOf('job:stop').length, before)
    assert.ok(performance.now() - begun < 5000, 'this machine is too slow to tell')
    assert.ok(median(all) < 100, `median of ${all}`)
    await until(() => assert.equal(node.eventsOf('job:stop').length, before + 20))
  }))
