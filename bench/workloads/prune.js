// What the deletion of a long history costs those who fetch.

import { clear, pause } from '../lib/database.js'
import { Party } from '../lib/party.js'

/** @import { Client } from 'pg' */
/** @import { Workload } from './index.js' */

const BESIDE = 'beside the pruner'

/** @type {Workload} */
export const prune = {
  about: 'jobs that come at a steady rate, with a long history in the table that is deleted meanwhile or not',
  options: {
    history: { value: 1_000_000, about: 'jobs that ended two days ago' },
    rate: { value: 2000, about: 'jobs a second' },
    seconds: { value: 30, about: 'of each measurement' },
  },
  suite: { runs: 1, history: 300_000, seconds: 10 },
  seconds: 45,
  columns: [
    { key: 'rate', title: 'jobs/s', digits: 0 },
    { key: 'p50', title: 'fetch p50 ms', digits: 1 },
    { key: 'p99', title: 'fetch p99 ms', digits: 1 },
    { key: 'pruned', title: 'pruned', digits: 0 },
    { key: 'longest', title: 'longest statement ms', digits: 0 },
  ],
  goals: [
    { what: `${BESIDE}: fetch p99 below 50 ms`, of: BESIDE, key: 'p99', most: 50 },
    { what: `${BESIDE}: no statement of the pruner beyond 500 ms`, of: BESIDE, key: 'longest', most: 500 },
  ],

  async run({ place, client, options: { history, rate, seconds, runs }, record }) {
    for (let run = 1; run <= runs; run++) {
      for (const [name, prune] of /** @type {[string, boolean][]} */ ([
        ['history kept', false],
        [BESIDE, true],
      ])) {
        const before = await past(client, history)
        const party = await Party.prepare('prune-eram', { place, prune, rate, seconds })
        const watch = watchPruner(client)
        await party.run()
        const longest = await watch.end()
        const { rows } = await client.query(
          `SELECT count(*) / $1::float8 AS rate, percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (
             ORDER BY extract(epoch FROM attempted_at - scheduled_at)::float8 * 1000) AS late
           FROM eram_jobs WHERE queue = 'default' AND state = 'completed'`,
          [seconds],
        )
        await party.ended()
        const left = await count(client)
        if (left.kept !== before.kept)
          throw new Error(`bench/prune.js: expected ${before.kept} jobs that are not to be deleted, got ${left.kept}`)
        record(name, run, { rate: rows[0].rate, p50: rows[0].late?.[0], p99: rows[0].late?.[1], pruned: before.old - left.old, longest })
      }
    }
  },
}

/**
 * A history to be deleted, and old jobs among it that are not.
 * @param {Client} client
 * @param {number} jobs
 */
async function past(client, jobs) {
  await clear(client)
  await client.query(
    `INSERT INTO eram_jobs (queue, worker, args, state, attempt, inserted_at, scheduled_at, attempted_at, completed_at, cancelled_at)
     SELECT
       CASE WHEN kept IS NULL THEN 'old' ELSE 'kept' END, 'Noop', jsonb_build_object('n', n, 'text', repeat('x', 80)),
       coalesce(kept, 'completed')::eram_job_state, 1, past, past, CASE WHEN kept = 'executing' THEN now() ELSE past END,
       CASE WHEN kept IS NULL THEN past END, CASE WHEN kept = 'cancelled' THEN now() - interval '1 second' END
     FROM
       (SELECT n, CASE WHEN n % 1000 = 0 THEN (ARRAY['available', 'executing', 'cancelled'])[1 + n / 1000 % 3] END AS kept
        FROM generate_series(1, $1::integer + $1::integer / 1000) AS n) AS l,
       (SELECT now() - interval '2 days' AS past) AS p`,
    [jobs],
  )
  await client.query('VACUUM ANALYZE eram_jobs')
  return count(client)
}

/** @param {Client} client @returns {Promise<{ old: number, kept: number }>} */
async function count(client) {
  const { rows } = await client.query(
    `SELECT count(*) FILTER (WHERE queue = 'old')::int AS old, count(*) FILTER (WHERE queue = 'kept')::int AS kept FROM eram_jobs`,
  )
  return rows[0]
}

/**
 * How long the longest statement of the pruner took, as far as looks at the server's activity tell.
 * @param {Client} client nobody else uses it meanwhile
 */
function watchPruner(client) {
  let longest = 0
  let wanted = true
  const looking = (async () => {
    while (wanted) {
      const { rows } = await client.query(
        `SELECT max(extract(epoch FROM clock_timestamp() - query_start))::float8 * 1000 AS ms FROM pg_stat_activity
         WHERE datname = current_database() AND state = 'active' AND query LIKE 'WITH page AS MATERIALIZED (%' || current_schema() || '%'`,
      )
      longest = Math.max(longest, rows[0].ms ?? 0)
      await pause(10)
    }
  })()
  return {
    async end() {
      wanted = false
      await looking
      return longest
    },
  }
}
