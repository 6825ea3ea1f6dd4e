-- The number of jobs in each queue and state. Waiting jobs are counted by their indexes: up to $3
-- in each queue $1, or up to $3 in all queues together if they are due later. The others have no
-- index by state, so their number is estimated from $2 percent of the table's pages.
SELECT q.queue, 'available' AS state, (
  SELECT count(*) FROM (
    (SELECT FROM eram_jobs AS c WHERE c.stage = 1 AND c.queue = q.queue LIMIT $3)
    UNION ALL
    (SELECT FROM eram_jobs AS c WHERE c.stage = 3 AND c.queue = q.queue LIMIT $3)
  ) AS l
) AS jobs
FROM pg_catalog.unnest($1::text[]) AS q(queue)
UNION ALL
SELECT l.queue, l.state::text, count(*)
FROM (SELECT c.queue, c.state FROM eram_jobs AS c WHERE c.stage = 2 ORDER BY c.scheduled_at LIMIT $3) AS l
GROUP BY l.queue, l.state
UNION ALL
SELECT c.queue, c.state::text, pg_catalog.round((count(*) * 100)::double precision / $2::double precision)::bigint
FROM eram_jobs AS c TABLESAMPLE SYSTEM ($2::double precision)
WHERE c.state OPERATOR(pg_catalog.=) ANY ('{suspended,completed,cancelled,discarded}'::eram_job_state[])
GROUP BY c.queue, c.state
