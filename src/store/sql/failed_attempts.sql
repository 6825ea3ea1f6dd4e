-- A part of the failed attempts since $1, newest first: up to $5 of those before the attempt ($2, $3, $4). Each has its job
-- if that is still retryable or discarded, of the queue $6 and the class $7 if these are given.
WITH part AS MATERIALIZED (
  SELECT a.job_id, a.nth, a.ended_at, a.error->>'message'::text AS message
  FROM eram_attempts AS a
  WHERE
    a.status IN ('failure', 'discard', 'rescued') AND a.ended_at >= $1::timestamptz
    AND (a.ended_at, a.job_id, a.nth) < ($2::timestamptz, $3::bigint, $4::integer)
  ORDER BY a.ended_at DESC, a.job_id DESC, a.nth DESC
  LIMIT $5::bigint
)
SELECT
  p.job_id, p.nth, p.ended_at, c.worker, c.queue, c.state, l.line,
  CASE WHEN c.worker IS NOT NULL THEN eram_fingerprint(c.worker, l.line) END AS fingerprint,
  pg_catalog.left(pg_catalog.split_part(p.message, E'\n', 1), 200) AS message
FROM part AS p
LEFT JOIN LATERAL (
  SELECT j.worker, j.queue, j.state::text AS state FROM eram_jobs AS j
  WHERE
    j.id = p.job_id AND j.state OPERATOR(pg_catalog.=) ANY ('{retryable,discarded}'::eram_job_state[])
    AND ($6::text IS NULL OR j.queue = $6) AND ($7::text IS NULL OR j.worker = $7)
) AS c ON true
LEFT JOIN LATERAL (SELECT coalesce(eram_failure_line(p.message), '') AS line WHERE c.worker IS NOT NULL) AS l ON true
ORDER BY p.ended_at DESC, p.job_id DESC, p.nth DESC
