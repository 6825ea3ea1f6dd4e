-- Queues in which a job, plain or pinned to a version, has been available for $2 seconds, and which
-- no node serves that has sent a heartbeat within 20 seconds. Of the leaders of all engine names,
-- only the one with the oldest lease gets results; for a lease owner $1 other than that the result
-- is empty.
WITH RECURSIVE asked AS (
  SELECT $1::text = (
    SELECT p.owner::text FROM eram_peers AS p WHERE p.expires_at > pg_catalog.now() ORDER BY p.started_at, p.name LIMIT 1
  ) AS here
), plain AS (
  (SELECT c.queue FROM eram_jobs AS c WHERE c.stage = 1 AND (SELECT asked.here FROM asked) ORDER BY c.queue LIMIT 1)
  UNION ALL
  SELECT (SELECT c.queue FROM eram_jobs AS c WHERE c.stage = 1 AND c.queue > plain.queue ORDER BY c.queue LIMIT 1)
  FROM plain WHERE plain.queue IS NOT NULL
), pinned AS (
  (SELECT c.queue FROM eram_jobs AS c WHERE c.stage = 3 AND (SELECT asked.here FROM asked) ORDER BY c.queue LIMIT 1)
  UNION ALL
  SELECT (SELECT c.queue FROM eram_jobs AS c WHERE c.stage = 3 AND c.queue > pinned.queue ORDER BY c.queue LIMIT 1)
  FROM pinned WHERE pinned.queue IS NOT NULL
)
SELECT q.queue, head.jobs, head.seconds
FROM (
  SELECT w.queue FROM (SELECT plain.queue FROM plain UNION SELECT pinned.queue FROM pinned) AS w
  WHERE w.queue IS NOT NULL AND NOT EXISTS (
    SELECT FROM eram_producers AS p WHERE p.queue = w.queue AND p.updated_at > pg_catalog.now() - interval '20 seconds'
  )
) AS q
CROSS JOIN LATERAL (
  SELECT count(*) AS jobs, extract(epoch FROM now() - pg_catalog.min(least(greatest(l.scheduled_at, now() - interval '100 years'), now())))::double precision AS seconds
  FROM (
    (SELECT c.scheduled_at FROM eram_jobs AS c WHERE c.stage = 1 AND c.queue = q.queue
     ORDER BY c.priority, c.scheduled_at, c.id LIMIT 1000)
    UNION ALL
    (SELECT c.scheduled_at FROM eram_jobs AS c WHERE c.stage = 3 AND c.queue = q.queue
     ORDER BY c.version_rule, c.version, c.priority, c.scheduled_at, c.id LIMIT 1000)
  ) AS l
) AS head
WHERE head.seconds >= $2::double precision
