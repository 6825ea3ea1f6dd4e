// Times at which no job is due are refused in SQL as in Rust and JavaScript, for which support/fixtures/drafts.json has the errors.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSchema } from '../support/database.js'
import { read } from '../support/sources.js'

/** @type {{ what: string, draft?: object }[]} */
const VECTORS = JSON.parse(read('__test__/support/fixtures/drafts.json'))

const REFUSED = [
  ...['infinity', '-infinity', '10000-01-01T00:00:00Z', '9999-12-31T23:59:59-01:00', '0001-12-31 BC', '294277-01-01Z', 'x', 5, {}].map(
    (at) =>
      /** @type {const} */ ([
        { scheduled_at: at },
        /^error: eram: jobs\[0\]\.scheduled_at: expected a time from year 1 to year 9999, got /,
      ]),
  ),
  ...[-1, 3155760001, 1e300, 'NaN', 'Infinity', null].map(
    (after) =>
      /** @type {const} */ ([{ schedule_in: after }, /^error: eram: jobs\[0\]\.schedule_in: expected seconds from 0 to 3155760000, got /]),
  ),
]

test('a job that is never due, or at no time that can be written, is refused', () =>
  withSchema(async ({ rows }) => {
    for (const [options, message] of REFUSED) {
      for (const unique of [false, true, { period: 60, timestamp: 'scheduled_at' }, { period: 60, window: 'sliding' }]) {
        const draft = JSON.stringify({ worker: 'Sample', unique, ...options })
        await assert.rejects(rows('SELECT eram_enqueue($1)', [draft]), message, draft)
        await assert.rejects(rows('SELECT eram_enqueue_job($1::jsonb)', [draft]), message, draft)
      }
    }
    assert.deepEqual(await rows('SELECT FROM eram_jobs'), [])
    for (const at of ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z', null]) {
      await rows('SELECT eram_enqueue($1)', [JSON.stringify({ worker: 'Sample', scheduled_at: at })])
    }
  }))

test('SQL takes each draft that Rust and JavaScript make', () =>
  withSchema(async ({ rows }) => {
    const drafts = VECTORS.filter(({ draft }) => draft !== undefined)
    assert.ok(drafts.length > 50)
    // What knows the version of the application adds it.
    const problems = await rows(
      `SELECT d.value->>'what' AS what, eram_draft_problem(d.value->'draft' || '{"version": "1"}') AS problem FROM jsonb_array_elements($1::jsonb) AS d(value)`,
      [JSON.stringify(drafts)],
    )
    assert.deepEqual(
      problems.filter(({ problem }) => problem !== null),
      [],
    )
  }))
