-- Hands back what a fetch whose answer was lost may have claimed for producer $1: every executing
-- job of that producer except the jobs $2 that it knows, and with $3 only those.
WITH released AS (
  UPDATE eram_jobs AS j
  SET state = 'available', attempt = greatest(j.attempt - 1, 0)
  FROM eram_producers AS p
  WHERE
    p.uuid = $1::uuid
    AND j.state OPERATOR(pg_catalog.=) 'executing'
    AND j.attempted_at >= p.started_at
    AND j.attempted_by[2] = p.uuid::text
    AND j.id <> ALL ($2::bigint[]) AND ($3::bigint[] IS NULL OR j.id = ANY ($3))
  RETURNING j.id, j.attempt + 1 AS attempt, j.attempted_at, j.attempted_by
), recorded AS (
  INSERT INTO eram_attempts (job_id, nth, attempt, status, started_at, ended_at, attempted_by)
  SELECT r.id, eram_next_attempt(r.id), r.attempt, 'released', r.attempted_at, now(), r.attempted_by FROM released AS r
)
SELECT count(*) FROM released
