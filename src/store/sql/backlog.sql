-- The load of each queue $1: the jobs that wait and are due, counted up to $2; the milliseconds
-- since the oldest of them was due, 100 years at most; and what nodes with a heartbeat within 20 seconds report. The
-- oldest available job is found with one index probe for each priority. Due jobs that are not yet
-- staged, which pile up while no node leads, are found among the first $2 of all queues.
WITH due AS MATERIALIZED (
  SELECT c.queue, c.scheduled_at FROM eram_jobs AS c
  WHERE c.stage = 2 AND c.scheduled_at <= now()
  ORDER BY c.scheduled_at LIMIT $2::bigint + 1
)
SELECT
  q.queue, least(counted.jobs, $2::bigint) AS depth,
  counted.jobs > $2::bigint OR (SELECT count(*) FROM due) > $2::bigint AS at_least,
  coalesce(pg_catalog.round(extract(epoch FROM now() - oldest.due_at)::double precision * 1000::double precision), 0)::bigint AS latency_ms,
  served.running, served.job_limit, served.nodes, served.paused
FROM pg_catalog.unnest($1::text[]) AS q(queue)
CROSS JOIN LATERAL (
  SELECT count(*) AS jobs FROM (
    (SELECT FROM eram_jobs AS c WHERE c.stage = 1 AND c.queue = q.queue LIMIT $2::bigint + 1)
    UNION ALL
    (SELECT FROM eram_jobs AS c WHERE c.stage = 3 AND c.queue = q.queue LIMIT $2::bigint + 1)
    UNION ALL
    (SELECT FROM due WHERE due.queue = q.queue)
  ) AS l
) AS counted
CROSS JOIN LATERAL (
  SELECT pg_catalog.min(least(greatest(l.scheduled_at, now() - interval '100 years'), now())) AS due_at FROM (
    (SELECT first.scheduled_at FROM pg_catalog.generate_series(0, 9) AS p(priority) CROSS JOIN LATERAL (
       SELECT c.scheduled_at FROM eram_jobs AS c
       WHERE c.stage = 1 AND c.queue = q.queue AND c.priority = p.priority
       ORDER BY c.scheduled_at, c.id LIMIT 1
     ) AS first)
    UNION ALL
    (SELECT c.scheduled_at FROM eram_jobs AS c WHERE c.stage = 3 AND c.queue = q.queue LIMIT $2::bigint)
    UNION ALL
    (SELECT due.scheduled_at FROM due WHERE due.queue = q.queue)
  ) AS l
) AS oldest
CROSS JOIN LATERAL (
  SELECT
    coalesce(pg_catalog.sum(p.running), 0)::bigint AS running, coalesce(pg_catalog.sum(p.job_limit), 0)::bigint AS job_limit,
    count(*) AS nodes, coalesce(pg_catalog.bool_and(p.paused), false) AS paused
  FROM eram_producers AS p
  WHERE p.queue = q.queue AND p.updated_at > now() - interval '20 seconds'
) AS served
ORDER BY q.queue
