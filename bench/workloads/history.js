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
  seconds: 45,
  options: {
    runs: { value: 3, about: 'of each table, in turns' },
    finished: { value: 1_000_000, about: 'jobs that ended over the last weeks' },
    scheduled: { value: 500_000, about: 'jobs that are due in the next weeks, among them' },
    jobs: { value: 200_000, about: 'to be done' },
  },
  ratios: { ratio: EMPTY },
  goals: () => [{ what: 'at least 0.95 × an empty table', of: LONG, key: 'ratio', least: 0.95 }],

  turns({ target, stores, client, run, options: { finished, scheduled, jobs } }) {
    const turn = (/** @type {string} */ name) => ({
      row: { name },
      async measure() {
        await clear(client)
        // A drain takes two seconds, of which a vacuum that happens to pass through the long table takes a fifth. What is enqueued is
        // vacuumed before the clock starts.
        await client.query('ALTER TABLE eram_jobs SET (autovacuum_enabled = false)')
        if (name === LONG) await past(client, finished, scheduled)
        return drainedByNodes({ target, stores, client, jobs, fill: () => fill(client, jobs) })
      },
    })
    return (run % 2 === 1 ? [EMPTY, LONG] : [LONG, EMPTY]).map(turn)
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
