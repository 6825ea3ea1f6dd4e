-- The attempts of a job, oldest first, as a JSON text: those recorded, and the last one if its row is
-- its record, because it runs or was a plain success. No row: the job does not exist.
SELECT (
  SELECT coalesce(jsonb_agg(to_jsonb(t) - 'nth' ORDER BY t.nth), '[]')::text
  FROM (
    SELECT a.nth, a.attempt, a.status, a.started_at, a.ended_at, a.attempted_by, a.isolate, a.error, a.logs
    FROM eram_attempts AS a
    WHERE a.job_id = j.id
    UNION ALL
    SELECT
      2147483647, j.attempt, CASE j.state WHEN 'executing' THEN 'executing' ELSE 'success' END, j.attempted_at,
      CASE j.state WHEN 'completed' THEN j.completed_at END, j.attempted_by, NULL, NULL, NULL
    WHERE
      j.state IN ('executing', 'completed')
      AND NOT EXISTS (SELECT FROM eram_attempts AS a WHERE a.job_id = j.id AND a.started_at = j.attempted_at AND a.status = 'success')
  ) AS t
) AS attempts
FROM eram_jobs AS j
WHERE j.id = $1
