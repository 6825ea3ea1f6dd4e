// Whether a long table makes the queue slower.

import { drainedBy } from '../lib/crew.js'
import { clear, settle } from '../lib/database.js'
import { text } from '../lib/payload.js'

/** @import { Client } from 'pg' */
/** @import { Workload } from './index.js' */

const EMPTY = 'an empty table'
const LONG = 'beside the history'

/** @type {Workload} */
export const history = {
  about: 'drains beside jobs that have ended and jobs that are scheduled, and an empty table',
  options: {
    finished: { value: 1_000_000, about: 'jobs that have ended over the last weeks' },
    scheduled: { value: 500_000, about: 'jobs that are due in the next weeks, among them' },
    jobs: { value: 200_000, about: 'to be done' },
  },
  suite: { runs: 3 },
  seconds: 45,
  columns: [
    { key: 'rate', title: 'jobs/s', digits: 0 },
    { key: 'ratio', title: '× empty', digits: 2, over: { key: 'rate', to: EMPTY } },
    { key: 'node', title: 'Node CPU µs/job', digits: 1 },
    { key: 'server', title: 'PostgreSQL CPU µs/job', digits: 1 },
  ],
  goals: [{ what: 'at least 0.95 × an empty table', of: LONG, key: 'ratio', least: 0.95 }],

  async run({ place, client, options: { finished, scheduled, jobs, runs }, record }) {
    await clear(client)
    // A drain takes two seconds, and a vacuum that happens to walk through the long table then takes a fifth of them. What is put in is
    // vacuumed before the clock starts.
    await client.query('ALTER TABLE eram_jobs SET (autovacuum_enabled = false)')
    for (let run = 1; run <= runs; run++) {
      for (const name of run % 2 === 1 ? [EMPTY, LONG] : [LONG, EMPTY]) {
        await clear(client)
        if (name === LONG) await past(client, finished, scheduled)
        record(name, run, await drainedBy({ place, client, fill: () => present(client, jobs) }))
      }
    }
  },
}

/**
 * As they come about: those that are scheduled lie among those that have ended.
 * @param {Client} client
 * @param {number} finished
 * @param {number} scheduled
 */
async function past(client, finished, scheduled) {
  await client.query(
    `INSERT INTO eram_jobs (queue, worker, args, state, attempt, inserted_at, scheduled_at, attempted_at, completed_at, attempted_by)
     SELECT
       'default', 'Noop', jsonb_build_object('n', n, 'text', $3::text), CASE WHEN later THEN 'scheduled' ELSE 'completed' END::eram_job_state,
       CASE WHEN later THEN 0 ELSE 1 END, at, CASE WHEN later THEN at + interval '30 days' ELSE at END,
       CASE WHEN NOT later THEN at END, CASE WHEN NOT later THEN at END, CASE WHEN NOT later THEN ARRAY['before', 'before'] END
     FROM
       (SELECT n, n::bigint * $2::integer / ($1::integer + $2::integer) > (n - 1)::bigint * $2::integer / ($1::integer + $2::integer) AS later
        FROM generate_series(1, $1::integer + $2::integer) AS n) AS l,
       LATERAL (SELECT now() - interval '29 days' * (1 - n::float8 / ($1::integer + $2::integer)) - interval '1 hour') AS p(at)`,
    [finished, scheduled, text(100)],
  )
}

/** @param {Client} client @param {number} jobs */
async function present(client, jobs) {
  await client.query(
    `INSERT INTO eram_jobs (worker, args) SELECT 'Noop', jsonb_build_object('n', n, 'text', $2::text) FROM generate_series(1, $1::integer) AS n`,
    [jobs, text(100)],
  )
  await settle(client)
  return jobs
}
