-- Saves settings made at runtime: null leaves the other setting unchanged.
INSERT INTO eram_queues AS q (queue, node, paused, paused_at, job_limit)
SELECT s.queue, s.node, s.paused, CASE WHEN s.paused THEN pg_catalog.now() END, s.job_limit
FROM unnest($1::text[], $2::text[], $3::boolean[], $4::integer[]) AS s(queue, node, paused, job_limit)
-- In a fixed order, so that two concurrent statements cannot deadlock.
ORDER BY s.queue, s.node
ON CONFLICT (queue, node) DO UPDATE
SET
  paused = coalesce(excluded.paused, q.paused),
  paused_at = CASE
    WHEN excluded.paused AND q.paused THEN coalesce(q.paused_at, excluded.paused_at)
    WHEN excluded.paused IS NULL THEN q.paused_at
    ELSE excluded.paused_at
  END,
  job_limit = coalesce(excluded.job_limit, q.job_limit),
  updated_at = now()
