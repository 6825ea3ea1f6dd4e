-- Queues in which a job has been available for $2 seconds, and which no node heard of within 20 seconds serves. Only the eldest
-- node asks for all: for others than the one that booted as $1 there is nothing to be found.
WITH RECURSIVE live AS (
  SELECT p.queue, p.meta->>'boot' AS boot, p.started_at, p.uuid
  FROM eram_producers AS p
  WHERE p.updated_at > now() - interval '20 seconds'
), leap AS (
  (
    SELECT c.queue FROM eram_jobs AS c
    WHERE c.stage = 1 AND $1 = (SELECT live.boot FROM live ORDER BY live.started_at, live.uuid LIMIT 1)
    ORDER BY c.queue LIMIT 1
  )
  UNION ALL
  SELECT (SELECT c.queue FROM eram_jobs AS c WHERE c.stage = 1 AND c.queue > leap.queue ORDER BY c.queue LIMIT 1)
  FROM leap WHERE leap.queue IS NOT NULL
)
SELECT leap.queue, head.seconds, (
  SELECT count(*) FROM (SELECT FROM eram_jobs AS c WHERE c.stage = 1 AND c.queue = leap.queue LIMIT 1000) AS l
) AS jobs
FROM leap
CROSS JOIN LATERAL (
  SELECT extract(epoch FROM now() - c.scheduled_at)::double precision AS seconds
  FROM eram_jobs AS c
  WHERE c.stage = 1 AND c.queue = leap.queue
  ORDER BY c.priority, c.scheduled_at, c.id LIMIT 1
) AS head
WHERE NOT EXISTS (SELECT FROM live WHERE live.queue = leap.queue) AND head.seconds >= $2::double precision
