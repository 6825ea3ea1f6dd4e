// The pruner deletes old jobs, and only those, while a queue works.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine } from '../../index.js'
import '../crash/programs/clock.js'
import { until } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'

const OLD = 40_000
const WORK = 2000

test('40,000 old jobs are deleted while a queue works; running, waiting and recent jobs are kept', () =>
  withEngine(
    { queues: { clock: 50, held: 1 }, prune: { interval: 50, limit: 1000 }, lifeline: false },
    async ({ engine, schema, recordEvents, job }) => {
      const pruned = recordEvents('pruner:stop')
      // One that runs for the whole time, and has for two days, as far as the table can tell.
      const { id: running } = await EramEngine.enqueue('ClockJob', { ms: 3_600_000, abortable: true }, { queue: 'held' })
      await until(async () => assert.equal((await job(Number(running))).state, 'executing'))
      const past = `now() - interval '2 days'`
      await schema.rows(`UPDATE eram_jobs SET inserted_at = ${past}, scheduled_at = ${past} WHERE id = $1`, [running])
      await schema.rows(
        `INSERT INTO eram_jobs (queue, worker, state, inserted_at, scheduled_at, completed_at, cancelled_at, discarded_at)
         SELECT
           CASE WHEN n % 100 = 0 THEN 'kept' ELSE 'old' END, 'NoJob', s.state::eram_job_state, ${past},
           CASE WHEN s.state IN ('scheduled', 'retryable') THEN now() + interval '1 day' ELSE ${past} END,
           CASE WHEN s.state = 'completed' THEN s.at END, CASE WHEN s.state = 'cancelled' THEN s.at END,
           CASE WHEN s.state = 'discarded' THEN s.at END
         FROM generate_series(1, ${OLD}) AS n
         CROSS JOIN LATERAL (
           SELECT
             CASE WHEN n % 100 = 0
               THEN (ARRAY['available', 'scheduled', 'retryable', 'suspended', 'cancelled', 'completed', 'discarded'])[1 + n / 100 % 7]
               ELSE (ARRAY['completed', 'cancelled', 'discarded'])[1 + n % 3] END AS state,
             CASE WHEN n % 100 = 0 THEN now() - interval '1 second' ELSE ${past} END AS at
         ) AS s`,
      )
      const kept = `SELECT id, state FROM eram_jobs WHERE queue IN ('kept', 'held') ORDER BY id`
      const before = await schema.rows(kept)
      assert.equal(before.length, OLD / 100 + 1)
      // Work comes as long as there is something to delete.
      let sent = 0
      await until(async () => {
        if (sent < WORK) {
          const batch = JSON.stringify(Array(200).fill({ worker: 'ClockJob', queue: 'clock' }))
          sent += (await schema.rows('SELECT FROM eram_enqueue_jobs($1::jsonb)', [batch])).length
        }
        const { left } = await schema.row(`SELECT count(*)::int AS left FROM eram_jobs WHERE queue = 'old'`)
        assert.equal(left, 0)
        assert.equal(sent, WORK)
      })
      await until(async () => {
        const { done } = await schema.row(`SELECT count(*)::int AS done FROM eram_jobs WHERE queue = 'clock' AND state = 'completed'`)
        assert.equal(done, WORK)
      })
      assert.deepEqual(await schema.rows(kept), before)
      await until(() => {
        const sum = pruned.reduce((all, { completed, cancelled, discarded }) => all + completed + cancelled + discarded, 0)
        assert.equal(sum, OLD - OLD / 100)
      })
      await engine.jobs.cancel(Number(running))
    },
  ))
