-- Claims jobs, see eram_fetch_jobs.
SELECT
  j.id, j.worker, j.queue, j.attempt, j.max_attempts, j.priority, j.args, j.meta, j.tags, j.errors,
  j.inserted_at, j.scheduled_at, j.attempted_at, j.timeout, j.backoff, j.crashes
FROM eram_fetch_jobs($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS j
