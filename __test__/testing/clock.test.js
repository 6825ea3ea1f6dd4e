// The clock of a test schema: what becomes due happens at its time, whatever the clock of the server says.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { defineJob } from '../../index.js'
import { allEnqueued, assertEnqueued, drain, startTestEngine, waitFor, withTestEngine } from '../../testing.js'
import { DATABASE_URL, sql } from '../support/database.js'

const DAY = 86_400_000
/** In Berlin there is no such time on the one day, and it comes twice on the other. */
const SCHEDULE = '30 2 * * *'
const Tick = defineJob('ClockTick', { queue: 'ticks' }, () => {})
const Failing = defineJob('ClockFailing', { queue: 'failing', max_attempts: 5, backoff: { base: 60, factor: 2, jitter: 0 } }, () => {
  throw new Error('not yet')
})
const Unique = defineJob('ClockUnique', { queue: 'unique', unique: { period: '1 hour' } }, () => {})

/** @type {Awaited<ReturnType<typeof startTestEngine>>} */
let kit
before(async () => {
  kit = await startTestEngine({ url: DATABASE_URL, logger: false, prune: { max_age: '7 days' } })
})
beforeEach(() => kit.reset())
after(() => kit.stop())

describe('cron', () => {
  for (const [name, start] of /** @type {[string, string][]} */ ([
    ['loses an hour', '2027-03-27T12:00:00Z'],
    ['gains an hour', '2027-10-30T12:00:00Z'],
  ])) {
    test(`ticks of three zones over the day that ${name} in one of them`, async () => {
      await kit.clock.set(new Date(start))
      const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata']
      for (const timezone of zones) {
        await kit.engine.cron.insert({ name: timezone, schedule: SCHEDULE, job: Tick, args: { timezone }, timezone })
      }
      const from = await kit.clock.now()
      const { ticks } = await kit.clock.advance({ hours: 24 })
      const to = await kit.clock.now()
      const jobs = await allEnqueued(Tick)
      for (const timezone of zones) {
        const next = await kit.engine.cron.next(SCHEDULE, { timezone, after: from, count: 3 })
        const predicted = next.map((at) => at.getTime()).filter((at) => at <= to.getTime())
        const due = jobs
          .filter(({ args }) => args.timezone === timezone)
          .map(({ inserted_at }) => Math.floor(inserted_at.getTime() / 60_000) * 60_000)
        assert.deepEqual(due, predicted, timezone)
      }
      assert.equal(ticks, jobs.length)
      assert.ok(jobs.length >= 2)
    })
  }
})

test('a job is retried at the times of its backoff until it is discarded', async () => {
  const start = await kit.clock.now()
  const { id } = await Failing.enqueue()
  await drain()
  for (const minutes of [1, 2, 4, 8]) {
    const { scheduled_at, attempted_at } = await waitFor(id, 'retryable')
    const wait = Number(scheduled_at) - Number(attempted_at)
    assert.ok(wait >= minutes * 60_000 && wait < minutes * 60_000 + 10_000, `${wait} ms`)
    // A second before, there is nothing to do.
    await kit.clock.set(new Date(Number(scheduled_at) - 1000))
    assert.equal((await drain()).failure, 0)
    await kit.clock.set(new Date(Number(scheduled_at) + 1))
    await drain()
  }
  const { state, errors, discarded_at } = await waitFor(id, 'discarded')
  assert.deepEqual([state, errors.map(({ attempt }) => attempt)], ['discarded', [1, 2, 3, 4, 5]])
  assert.ok(Number(discarded_at) - Number(start) >= 15 * 60_000)
})

test('a unique period ends with the clock', async () => {
  const first = await Unique.enqueue()
  assert.equal((await Unique.enqueue()).conflict, true)
  await kit.clock.advance('61 minutes')
  const second = await Unique.enqueue()
  assert.deepEqual([first.conflict, second.conflict], [false, false])
  await assertEnqueued({ worker: Unique, count: 2 })
})

test('finished jobs are pruned after their age', async () => {
  const { id } = await Tick.enqueue()
  await drain()
  await kit.clock.advance({ days: 6 })
  assert.equal((await waitFor(id)).state, 'completed')
  await kit.clock.advance({ days: 2 })
  await assert.rejects(waitFor(id), { code: 'ERAM_NOT_FOUND' })
})

test('a rollback takes nothing from the clock, and reset() takes it back', async () => {
  const before = Date.now()
  await kit.clock.advance({ days: 1 })
  assert.ok(Number(await kit.clock.now()) - before >= DAY)
  await kit.reset()
  assert.ok(Number(await kit.clock.now()) - before < DAY)
})

test('a live engine still leads, and keeps its producers, after thirty days', async () => {
  await withTestEngine(
    { url: DATABASE_URL, name: 'live', mode: 'live', queues: { ticks: 1 }, logger: false },
    async ({ engine, clock, prefix }) => {
      const database = await sql(DATABASE_URL)
      try {
        await Tick.enqueue({}, { engine })
        await drain({ engine })
        const facts = () =>
          database.row(
            `SELECT (SELECT string_agg(uuid::text, ',' ORDER BY uuid) FROM ${prefix}.eram_producers) AS producers, (SELECT name FROM ${prefix}.eram_peers LIMIT 1) AS leader`,
          )
        const first = await facts()
        assert.ok(first.producers)
        for (let days = 0; days < 30; days += 10) await clock.advance({ days: 10 })
        await Tick.enqueue({}, { engine })
        // The first one was pruned meanwhile.
        assert.equal((await drain({ engine })).success, 1)
        assert.deepEqual(await facts(), first)
        assert.equal((await engine.status()).leading, true)
      } finally {
        await database.end()
      }
    },
  )
})
