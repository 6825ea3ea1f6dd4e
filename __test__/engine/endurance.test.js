// What a job does for very long, or very often.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { ThreadJob } from '../support/fixtures/jobs.js'

const SNOOZES = 10_000
// Of those, how many are waited for here.
const LAST = 1000

test('a job that has snoozed 10,000 times is at its first attempt, and its row as small as before', (t) =>
  withEngine({ queues: { thread: 5 } }, async ({ schema, waitForState }) => {
    const before = await enqueue(ThreadJob, { action: 'return' })
    await waitForState(before, 'completed')
    const size = async (/** @type {number} */ id) =>
      (await schema.row('SELECT pg_column_size(j.*)::int AS size FROM eram_jobs AS j WHERE id = $1', [id])).size
    const begun = performance.now()
    const meta = { snoozed: SNOOZES - LAST }
    const id = await enqueue(ThreadJob, { action: 'snoozes', times: SNOOZES }, { max_attempts: 3, meta })
    const row = await waitForState(id, 'retryable', { timeout: 120_000 })
    t.diagnostic(`${Math.round(performance.now() - begun)} ms`)
    // Then it failed: as at its first attempt.
    assert.deepEqual([row.attempt, row.max_attempts, row.meta, row.errors.length], [1, 3, { snoozed: SNOOZES }, 1])
    assert.equal(row.errors[0].attempt, 1)
    const wait = (row.scheduled_at - Date.parse(row.errors[0].at)) / 1000
    // Oban's first wait: 15 s and 2 to the power of the attempt, and up to a tenth more.
    assert.ok(wait >= 16 && wait <= 19, `${wait} s`)
    assert.equal(row.attempted_by.length, 2)
    assert.ok((await size(id)) < (await size(before)) + 2000)
  }))

test('a job that runs for longer than rescue_after is left alone while its node lives', () =>
  withEngine(
    { queues: { thread: 5 }, lifeline: { interval: 1000, rescue_after: 1000 }, heartbeat_interval: 500 },
    async ({ schema, waitForState, recordEvents, engine }) => {
      const rescued = recordEvents('job:rescued')
      const id = await enqueue(ThreadJob, { action: 'sleep', ms: 6000 })
      await waitForState(id, 'executing')
      // The rescue of a job without a producer shows that the lifeline has looked, and how it measures.
      const stray = await schema.row(
        `INSERT INTO eram_jobs (worker, queue, args, state, attempt, attempted_at, attempted_by)
         VALUES ('ThreadJob', 'thread', '{"action": "return"}', 'executing', 1, now() + interval '2 seconds', ARRAY['gone', gen_random_uuid()::text])
         RETURNING id::int`,
      )
      await waitForState(stray.id, 'completed')
      const [held] = await engine.jobs.list({ id })
      assert.equal(held?.state, 'executing')
      const row = await waitForState(id, 'completed')
      assert.deepEqual([row.attempt, row.errors, row.result], [1, [], 'slept'])
      assert.deepEqual(
        rescued.map(({ job }) => job.id),
        [stray.id],
      )
    },
  ))
