-- What was set at runtime: null leaves the other half as it is.
INSERT INTO eram_queues AS q (queue, node, paused, job_limit)
VALUES ($1, $2, $3, $4)
ON CONFLICT (queue, node) DO UPDATE
SET paused = coalesce(excluded.paused, q.paused), job_limit = coalesce(excluded.job_limit, q.job_limit), updated_at = now()
