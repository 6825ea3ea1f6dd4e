-- The newest $2 jobs of the entry $1 as a JSON text, the newest first; the state of one that was deleted since is null.
SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
  'job', r.job_id, 'tick', r.tick, 'manual', r.manual, 'state', j.state, 'attempt', j.attempt, 'attempted_at', j.attempted_at,
  'finished_at', coalesce(j.completed_at, j.cancelled_at, j.discarded_at)) ORDER BY r.job_id DESC), '[]')::text AS runs
FROM (SELECT o.job_id, o.tick, o.manual FROM eram_cron_runs AS o WHERE o.name = $1 ORDER BY o.job_id DESC LIMIT $2::bigint) AS r
LEFT JOIN eram_jobs AS j ON j.id = r.job_id
