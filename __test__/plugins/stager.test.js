// Scheduled jobs: many that are due at once, and each at its time. Times are those of the database's clock.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClockJob } from '../crash/programs/clock.js'
import { until } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'

const MASS = 100_000
const URGENT = 20
const LIMIT = 5000
const HOUR = 3_600_000

test('100,000 jobs that are due in one second are staged in batches, oldest first, and delay no urgent job', () =>
  withEngine({ queues: { urgent: URGENT, 'mass-0': 5, 'mass-1': 5, 'mass-2': 5 } }, async ({ engine, schema, runToCompletion }) => {
    // The thread is there, and its file is loaded.
    await runToCompletion(ClockJob, {}, { queue: 'urgent' })
    /** How many jobs each batch had, and the urgent jobs that began in between. @type {(number | 'urgent')[]} */
    const order = []
    engine.on('stager:stop', (/** @type {{ queues: Record<string, number> }} */ { queues }) => {
      order.push(Object.values(queues).reduce((sum, jobs) => sum + jobs, 0))
    })
    engine.on('job:start', (/** @type {any} */ { job }) => job.queue === 'urgent' && order.push('urgent'))
    const batches = () => order.filter((entry) => entry !== 'urgent')
    await schema.rows(
      `INSERT INTO eram_jobs (queue, worker, state, scheduled_at)
       SELECT 'mass-' || n % 3, 'ClockJob', 'scheduled', date_trunc('second', now()) + n * interval '9 microseconds'
       FROM generate_series(1, ${MASS}) AS n`,
    )
    await until(() => assert.ok(batches().length > 0))
    await schema.rows(`SELECT FROM eram_enqueue_jobs($1::jsonb)`, [
      JSON.stringify(Array(URGENT).fill({ worker: 'ClockJob', queue: 'urgent' })),
    ])
    await until(async () => {
      const { left, ordered } = await schema.row(
        `SELECT count(*) FILTER (WHERE state = 'scheduled')::int AS left,
           max(scheduled_at) FILTER (WHERE state <> 'scheduled') <= min(scheduled_at) FILTER (WHERE state = 'scheduled') AS ordered
         FROM eram_jobs WHERE queue <> 'urgent'`,
      )
      // Null when all are staged.
      assert.notEqual(ordered, false)
      assert.equal(left, 0)
    })
    await until(() =>
      assert.equal(
        batches().reduce((sum, size) => sum + size, 0),
        MASS,
      ),
    )
    assert.deepEqual(
      batches().filter((size) => size > LIMIT),
      [],
    )
    await until(() => assert.equal(order.length - batches().length, URGENT))
    assert.equal(typeof order.at(-1), 'number', `the urgent jobs began before the last batch was staged: ${order}`)
    await engine.pause('*')
  }))

test('scheduled jobs begin when they are due, not before, and not only when the stager looks next', () =>
  withEngine({ queues: { clock: 100 }, stager: { interval: HOUR } }, async ({ schema }) => {
    const { now } = await schema.row('SELECT clock_timestamp() AS now')
    const ids = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const { id } = await ClockJob.enqueue({}, { scheduled_at: new Date(+now + 3000 + i * 4) })
        return id
      }),
    )
    const early = await until(async () => {
      const rows = await schema.rows(
        `SELECT state, (extract(epoch FROM scheduled_at) * 1000 - result::text::float8)::float8 AS early FROM eram_jobs WHERE id = ANY ($1)`,
        [ids],
      )
      assert.ok(rows.every(({ state }) => state === 'completed'))
      return rows.map((row) => Number(row.early))
    })
    assert.equal(early.length, 100)
    assert.ok(Math.max(...early) <= 0, `one began ${Math.max(...early)} ms early`)
  }))
