-- The attempts of a job, oldest first, as a JSON text: those recorded, and the last one if its row is
-- its record, because it runs or was a plain success. No row: the job does not exist.
SELECT (
  SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(t) - 'nth'::text ORDER BY t.nth), '[]')::text
  FROM (
    SELECT a.nth, a.attempt, a.status, a.started_at, a.ended_at, a.attempted_by, a.isolate, a.error, a.logs, (
        SELECT pg_catalog.jsonb_build_object('bytes', coalesce(pg_catalog.octet_length(p.profile), 0), 'note', p.note)
        FROM eram_profiles AS p
        WHERE p.job_id = a.job_id AND p.attempt = a.attempt AND p.attempted_at = a.started_at
      ) AS profile
    FROM eram_attempts AS a
    WHERE a.job_id = j.id
    UNION ALL
    SELECT
      2147483647, j.attempt, CASE j.state::text WHEN 'executing' THEN 'executing' ELSE 'success' END, j.attempted_at,
      CASE j.state::text WHEN 'completed' THEN j.completed_at END, j.attempted_by, NULL, NULL, NULL, (
        SELECT pg_catalog.jsonb_build_object('bytes', coalesce(pg_catalog.octet_length(p.profile), 0), 'note', p.note)
        FROM eram_profiles AS p
        WHERE p.job_id = j.id AND p.attempt = j.attempt AND p.attempted_at = j.attempted_at
      )
    WHERE
      j.state OPERATOR(pg_catalog.=) ANY ('{executing,completed}'::eram_job_state[])
      AND NOT EXISTS (SELECT FROM eram_attempts AS a WHERE a.job_id = j.id AND a.started_at = j.attempted_at AND a.status = 'success')
  ) AS t
) AS attempts
FROM eram_jobs AS j
WHERE j.id = $1
