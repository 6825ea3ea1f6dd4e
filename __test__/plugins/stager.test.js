// Scheduled jobs when many are due at once, and how late they begin when few are. Times are those of the database's clock.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClockJob } from '../crash/programs/clock.js'
import { until } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'

const MASS = 100_000
const LIMIT = 5000

test('100,000 jobs that are due in one second are staged in batches, oldest first, and keep no urgent job waiting', () =>
  withEngine({ queues: { urgent: 20, 'mass-0': 5, 'mass-1': 5, 'mass-2': 5 } }, async ({ engine, schema, recordEvents }) => {
    /** @type {{ queues: Record<string, number> }[]} */
    const staged = recordEvents('stager:stop')
    await schema.rows(
      `INSERT INTO eram_jobs (queue, worker, state, scheduled_at)
       SELECT 'mass-' || n % 3, 'ClockJob', 'scheduled', date_trunc('second', now()) + n * interval '9 microseconds'
       FROM generate_series(1, ${MASS}) AS n`,
    )
    const { at } = await schema.row('SELECT clock_timestamp() AS at')
    await until(() => assert.ok(staged.length > 0))
    const urgent = await schema.rows(`SELECT id FROM eram_enqueue_jobs($1::jsonb)`, [
      JSON.stringify(Array(20).fill({ worker: 'ClockJob', queue: 'urgent' })),
    ])
    const look = () =>
      schema.row(
        `SELECT count(*) FILTER (WHERE state = 'scheduled')::int AS left,
           max(scheduled_at) FILTER (WHERE state <> 'scheduled') <= min(scheduled_at) FILTER (WHERE state = 'scheduled') AS ordered,
           clock_timestamp() AS now
         FROM eram_jobs WHERE queue <> 'urgent'`,
      )
    const first = await look()
    assert.ok(first.left > 0, 'the urgent jobs came while others were staged')
    const { now } = await until(
      async () => {
        const seen = await look()
        // Null when all are staged.
        assert.notEqual(seen.ordered, false)
        assert.equal(seen.left, 0)
        return seen
      },
      { timeout: 60_000 },
    )
    assert.equal(first.ordered, true)
    const took = now - at
    assert.ok(took < 30_000, `staged after ${took} ms`)
    const sizes = staged.map(({ queues }) => Object.values(queues).reduce((sum, jobs) => sum + jobs, 0))
    assert.ok(
      sizes.every((size) => size <= LIMIT),
      `batches of ${sizes}`,
    )
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      MASS,
    )
    const waits = await until(async () => {
      const rows = await schema.rows(
        `SELECT attempted_at - scheduled_at < interval '1 second' AS soon FROM eram_jobs WHERE id = ANY ($1)`,
        [urgent.map(({ id }) => id)],
      )
      assert.ok(rows.every(({ soon }) => soon !== null))
      return rows
    })
    assert.equal(waits.length, 20)
    assert.ok(
      waits.every(({ soon }) => soon),
      'an urgent job began within a second',
    )
    console.log(`# staged ${MASS} jobs in ${took} ms, in ${sizes.length} batches`)
    await engine.pause('*')
  }))

test('scheduled jobs begin when they are due, not before, and less than a second late', () =>
  withEngine({ queues: { clock: 100 } }, async ({ schema }) => {
    const { now } = await schema.row('SELECT clock_timestamp() AS now')
    const ids = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const { id } = await ClockJob.enqueue({}, { scheduled_at: new Date(+now + 5000 + i * 4) })
        return id
      }),
    )
    const late = await until(
      async () => {
        const rows = await schema.rows(
          `SELECT state, (result::text::float8 - extract(epoch FROM scheduled_at) * 1000)::float8 AS late FROM eram_jobs WHERE id = ANY ($1)`,
          [ids],
        )
        assert.ok(rows.every(({ state }) => state === 'completed'))
        return rows.map((row) => Number(row.late)).sort((a, b) => a - b)
      },
      { timeout: 30_000 },
    )
    assert.equal(late.length, 100)
    const [least = Number.NaN, p50 = Number.NaN, p95 = Number.NaN] = [late[0], late[49], late[94]]
    console.log(`# late by p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`)
    assert.ok(least >= 0, `one began ${-least} ms early`)
    assert.ok(p95 < 1000, `p95 of ${p95} ms`)
  }))
