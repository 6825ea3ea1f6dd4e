-- Writes what running jobs report as their progress, while the claims [$1, $2, $3] hold. The key
-- share lock keeps the job's row until the commit, so that no report outlives its job; rows that
-- another session has locked are left out. A report of an earlier claim replaces none of a later one.
INSERT INTO eram_progress AS p (job_id, attempt, attempted_at, value, message, reported_at)
SELECT j.id, j.attempt, j.attempted_at, r.value, r.message, clock_timestamp()
FROM unnest($1::bigint[], $2::timestamptz[], $3::uuid[], $4::double precision[], $5::text[])
  AS r(id, attempted_at, producer, value, message)
JOIN eram_jobs AS j ON
  j.id = r.id AND j.state OPERATOR(pg_catalog.=) 'executing' AND j.attempted_at = r.attempted_at AND j.attempted_by[2] = r.producer::text
FOR KEY SHARE OF j SKIP LOCKED
ON CONFLICT (job_id) DO UPDATE
SET
  attempt = excluded.attempt, attempted_at = excluded.attempted_at, value = excluded.value, message = excluded.message,
  reported_at = excluded.reported_at
WHERE p.attempted_at <= excluded.attempted_at
