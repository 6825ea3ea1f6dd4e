// locks: who waits for a lock on eram_jobs, and for whom.

/** @import { Check } from '../check.js' */

/** @type {Check} */
export const locks = {
  id: 'locks',
  looks: 'who waits for a lock on eram_jobs for more than 2 s',
  statements: () => [
    `SELECT l.pid, l.mode, extract(epoch FROM clock_timestamp() - a.query_start)::int AS seconds, b.pid AS blocker, left(b.query, 120) AS query
     FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
     LEFT JOIN pg_stat_activity AS b ON b.pid = (pg_blocking_pids(l.pid))[1]
     WHERE NOT l.granted AND l.relation = to_regclass(quote_ident($1) || '.eram_jobs') AND a.query_start < clock_timestamp() - interval '2 seconds'
     ORDER BY a.query_start LIMIT 10`,
  ],
  run: (_, rows) =>
    rows.map(({ pid, mode, seconds, blocker, query }) => ({
      level: 'fail',
      saw: `process ${pid} waits ${seconds} s for ${mode} on eram_jobs, held by process ${blocker}: ${query}`,
      why: 'Nothing is enqueued, fetched or completed as long as it lasts.',
      fix: 'End the transaction of that process.',
      ...(blocker && { sql: `SELECT pg_terminate_backend(${blocker});` }),
    })),
}
