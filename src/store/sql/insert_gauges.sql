-- Writes how many jobs wait in each queue, and what the nodes that serve it report; returns whether
-- there was a job. For each queue:
--   [available, scheduled, retryable, executing, milliseconds since the oldest available job has
--    been due, bits of the first three counts that are lower bounds, limit, paused, nodes]
-- Counts stop at $4. Jobs that are due later are counted up to $4 in all queues together. Only for
-- the leader, whose lease is [$1, $2, $3].
WITH RECURSIVE leap AS (
  (SELECT c.queue FROM eram_jobs AS c WHERE c.stage = 1 ORDER BY c.queue LIMIT 1)
  UNION ALL
  SELECT (SELECT c.queue FROM eram_jobs AS c WHERE c.stage = 1 AND c.queue > leap.queue ORDER BY c.queue LIMIT 1)
  FROM leap WHERE leap.queue IS NOT NULL
), later AS MATERIALIZED (
  SELECT c.queue, c.state FROM eram_jobs AS c WHERE c.stage = 2 ORDER BY c.scheduled_at LIMIT $4
), serving AS MATERIALIZED (
  SELECT p.queue, pg_catalog.sum(p.running) AS running, pg_catalog.sum(p.job_limit) AS job_limit, pg_catalog.bool_and(p.paused) AS paused, pg_catalog.count(DISTINCT p.node) AS nodes
  FROM eram_producers AS p
  GROUP BY p.queue
), queues AS (
  SELECT leap.queue FROM leap WHERE leap.queue IS NOT NULL
  UNION SELECT later.queue FROM later
  UNION SELECT l.queue FROM (SELECT c.queue FROM eram_jobs AS c WHERE c.stage = 3 LIMIT 1000) AS l
  UNION SELECT serving.queue FROM serving
), counted AS MATERIALIZED (
  SELECT
    q.queue,
    (
      SELECT count(*) FROM (
        SELECT FROM eram_jobs AS c WHERE c.stage = 1 AND c.queue = q.queue
        UNION ALL
        SELECT FROM eram_jobs AS c WHERE c.stage = 3 AND c.queue = q.queue
        LIMIT $4
      ) AS l
    ) AS available,
    (SELECT count(*) FROM later WHERE later.queue = q.queue AND later.state OPERATOR(pg_catalog.=) 'scheduled') AS scheduled,
    (SELECT count(*) FROM later WHERE later.queue = q.queue AND later.state OPERATOR(pg_catalog.=) 'retryable') AS retryable,
    coalesce(s.running, 0) AS executing,
    (
      SELECT pg_catalog.min(first.scheduled_at)
      FROM pg_catalog.generate_series(0, 9) AS p(priority)
      CROSS JOIN LATERAL (
        SELECT c.scheduled_at FROM eram_jobs AS c
        WHERE c.stage = 1 AND c.queue = q.queue AND c.priority = p.priority::smallint
        ORDER BY c.scheduled_at
        LIMIT 1
      ) AS first
    ) AS oldest,
    coalesce(s.job_limit, 0) AS job_limit,
    coalesce(s.paused, false) AS paused,
    coalesce(s.nodes, 0) AS nodes
  FROM queues AS q
  LEFT JOIN serving AS s ON s.queue = q.queue
), made AS (
  INSERT INTO eram_metrics (step, bucket, name, node, boot, data)
  SELECT
    10,
    pg_catalog.to_timestamp(pg_catalog.floor(extract(epoch FROM clock_timestamp())::double precision / 10::double precision) * 10::double precision),
    $1::text,
    '*',
    '00000000-0000-0000-0000-000000000000',
    pg_catalog.jsonb_build_object(
      'v', 1,
      'q', coalesce(
        (
          SELECT pg_catalog.jsonb_object_agg(c.queue, pg_catalog.jsonb_build_array(
            c.available,
            c.scheduled,
            c.retryable,
            c.executing,
            CASE WHEN pg_catalog.isfinite(c.oldest)
              THEN greatest(0, pg_catalog.round(extract(epoch FROM clock_timestamp() - c.oldest)::double precision * 1000::double precision)) END,
            (c.available >= $4)::integer + 6 * ((SELECT count(*) FROM later) >= $4)::integer,
            c.job_limit,
            c.paused,
            c.nodes))
          FROM counted AS c
        ),
        '{}'),
      'nodes', (SELECT pg_catalog.count(DISTINCT p.node) FROM eram_producers AS p))
  WHERE (SELECT eram_holds_lease($1, $2, $3))
  ON CONFLICT DO NOTHING
)
SELECT coalesce(pg_catalog.bool_or(c.available + c.scheduled + c.retryable + c.executing > 0), false) AS busy FROM counted AS c
