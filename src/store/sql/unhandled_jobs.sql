-- Jobs that have waited for $2 seconds in a queue that is served, and that no node with a heartbeat
-- within $1 seconds can run: jobs of workers that no node has, and the versions of pinned jobs next
-- to those of the nodes. Examines only the first $3 jobs of each queue, where such jobs gather. A
-- node that has not yet reported its workers may have all of them.
WITH RECURSIVE live AS (
  SELECT p.queue, pg_catalog.array_agg(DISTINCT w.worker) AS workers, pg_catalog.array_agg(DISTINCT p.version) AS versions
  FROM eram_producers AS p
  LEFT JOIN LATERAL pg_catalog.unnest(p.workers) AS w(worker) ON true
  WHERE p.updated_at > pg_catalog.now() - pg_catalog.make_interval(secs => $1)
  GROUP BY p.queue
  HAVING pg_catalog.bool_and(pg_catalog.cardinality(p.workers) > 0)
), pin AS (
  (SELECT c.queue, c.version_rule, c.version FROM eram_jobs AS c WHERE c.stage = 3
   ORDER BY c.queue, c.version_rule, c.version LIMIT 1)
  UNION ALL
  SELECT n.queue, n.version_rule, n.version
  FROM pin CROSS JOIN LATERAL (
    SELECT c.queue, c.version_rule, c.version FROM eram_jobs AS c
    WHERE c.stage = 3 AND (c.queue, c.version_rule, c.version) > (pin.queue, pin.version_rule, pin.version)
    ORDER BY c.queue, c.version_rule, c.version LIMIT 1
  ) AS n
)
SELECT live.queue, head.worker, NULL AS rule, NULL AS version, ARRAY[]::text[] AS versions, count(*) AS jobs,
  extract(epoch FROM now() - greatest(pg_catalog.min(head.scheduled_at), now() - interval '100 years'))::double precision AS seconds
FROM live
CROSS JOIN LATERAL (
  SELECT c.worker, c.scheduled_at FROM eram_jobs AS c
  WHERE c.stage = 1 AND c.queue = live.queue
  ORDER BY c.priority, c.scheduled_at, c.id LIMIT $3
) AS head
WHERE head.worker <> ALL (live.workers) AND head.scheduled_at < now() - pg_catalog.make_interval(secs => $2)
GROUP BY live.queue, head.worker
UNION ALL
SELECT live.queue, NULL, pin.version_rule, pin.version, pg_catalog.array_remove(live.versions, NULL), head.jobs, head.seconds
FROM (SELECT * FROM pin LIMIT $3) AS pin
JOIN live ON live.queue = pin.queue
CROSS JOIN LATERAL (
  SELECT count(*) AS jobs, extract(epoch FROM now() - pg_catalog.min(least(greatest(f.scheduled_at, now() - interval '100 years'), now())))::double precision AS seconds
  FROM (
    SELECT c.scheduled_at FROM eram_jobs AS c
    WHERE c.stage = 3 AND c.queue = pin.queue AND c.version_rule = pin.version_rule AND c.version = pin.version
    ORDER BY c.priority, c.scheduled_at, c.id LIMIT $3
  ) AS f
) AS head
WHERE head.seconds > $2
