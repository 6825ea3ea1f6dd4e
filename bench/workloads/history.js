// Whether a long table makes the queue slower.
import { drainedByNodes } from '../lib/measure.js'
import { clear, fill, text } from '../lib/stores.js'

/** @import { Client } from 'pg' */
/** @import { Workload } from './index.js' */

const EMPTY = 'an empty table'
const LONG = 'beside the history'

/** @type {Workload} */
export const history = {
  about: 'drains in an empty table, and in one with finished and scheduled jobs',
  options: {
    finished: { value: 1_000_000, about: 'jobs that ended over the last weeks' },
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
  goals: () => [{ what: 'at least 0.95 × an empty table', of: LONG, key: 'ratio', least: 0.95 }],

  async run({ target, client, options: { finished, scheduled, jobs, runs }, record }) {
    await clear(client)
    // A drain takes two seconds, of which a vacuum that happens to pass through the long table takes a fifth. What is enqueued is
    // vacuumed before the clock starts.
    await client.query('ALTER TABLE eram_jobs SET (autovacuum_enabled = false)')
    const present = async () => {
      await fill(client, jobs, 100, true)
      return jobs
    }
    for (let run = 1; run <= runs; run++) {
      for (const name of run % 2 === 1 ? [EMPTY, LONG] : [LONG, EMPTY]) {
        await clear(client)
        if (name === LONG) await past(client, finished, scheduled)
        record(name, run, await drainedByNodes({ target, client, fill: present }))
      }
    }
  },
}

/** As in real life, scheduled jobs lie among the finished ones. @param {Client} client @param {number} finished @param {number} scheduled */
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
