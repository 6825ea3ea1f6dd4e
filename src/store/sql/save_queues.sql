-- Saves settings made at runtime: null leaves the other setting unchanged.
INSERT INTO eram_queues AS q (queue, node, paused, job_limit)
SELECT s.queue, s.node, s.paused, s.job_limit
FROM unnest($1::text[], $2::text[], $3::boolean[], $4::integer[]) AS s(queue, node, paused, job_limit)
-- In a fixed order, so that two concurrent statements cannot deadlock.
ORDER BY s.queue, s.node
ON CONFLICT (queue, node) DO UPDATE
SET paused = coalesce(excluded.paused, q.paused), job_limit = coalesce(excluded.job_limit, q.job_limit), updated_at = now()
