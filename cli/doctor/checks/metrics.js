// metrics: rows of eram_metrics that are late while nodes run.

import { literal } from '../check.js'

/** @import { Check } from '../check.js' */

/** Seconds. While there is no job, the leader writes a row each minute. */
const INTERVAL = 60
const LATE = 30

/** @type {Check} */
export const metrics = {
  id: 'metrics',
  looks: 'whether metrics are written while nodes run',
  statements: () => [
    `SELECT extract(epoch FROM now() - m.written_at)::int AS seconds
     FROM (SELECT max(c.written_at) AS written_at FROM eram_metrics AS c
       WHERE c.step = 10 AND c.bucket >= (SELECT max(b.bucket) FROM eram_metrics AS b WHERE b.step = 10)) AS m
     WHERE m.written_at < now() - interval ${literal(`${INTERVAL + LATE} seconds`)}
       AND EXISTS (SELECT FROM eram_producers AS p
         WHERE p.updated_at > now() - interval '20 seconds' AND p.started_at < now() - interval '2 minutes')`,
  ],
  run: (_, rows) =>
    rows.map(({ seconds }) => ({
      level: 'warn',
      saw: `the newest metrics are ${seconds} s old`,
      why: 'Charts end there, and a dashboard shows nothing newer.',
      fix: 'Look for warnings of `metrics` in the log of the leader. If `metrics: false` is meant, empty the table.',
    })),
}
