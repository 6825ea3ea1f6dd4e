-- A part of a search: of the $2 oldest jobs with an id higher than $1, those that meet the
-- conditions, oldest first, up to $3. Each row has the id that the part ends at; one without a job
-- says so if no job was found. The job is that of search_jobs.sql.
WITH edge AS MATERIALIZED (
  SELECT coalesce(
    (SELECT e.id FROM eram_jobs AS e WHERE e.id > $1 ORDER BY e.id OFFSET $2 LIMIT 1), 9223372036854775807
  ) AS id
)
SELECT edge.id AS edge, f.id, f.job
FROM edge
LEFT JOIN LATERAL (
  SELECT c.id, pg_catalog.jsonb_build_object(
    'id', CASE WHEN c.id > 9007199254740991 THEN pg_catalog.to_jsonb(c.id::text) ELSE pg_catalog.to_jsonb(c.id) END, 'state', c.state, 'queue', c.queue, 'worker', c.worker, 'attempt', c.attempt,
    'max_attempts', c.max_attempts, 'priority', c.priority, 'tags', c.tags, 'args', pg_catalog.left(c.args::text, 200),
    'node', c.attempted_by[1], 'inserted_at', c.inserted_at, 'scheduled_at', c.scheduled_at,
    'attempted_at', c.attempted_at, 'finished_at', coalesce(c.completed_at, c.cancelled_at, c.discarded_at),
    'error', pg_catalog.left(pg_catalog.split_part(c.errors[pg_catalog.array_upper(c.errors, 1)]->>'message'::text, E'\n', 1), 200),
    'is_unique', c.unique_key IS NOT NULL, 'crashes', c.crashes,
    'is_cancelling', c.state OPERATOR(pg_catalog.=) 'executing' AND c.cancel_requested_at IS NOT NULL, 'cron', c.meta->>'cron_name'::text
  )::text AS job
  FROM eram_jobs AS c
  WHERE c.id > $1 AND c.id < edge.id AND true /* search */
  ORDER BY c.id
  LIMIT $3
) AS f ON true
