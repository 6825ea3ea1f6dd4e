-- Keeps the CPU profile of an attempt of a job, in place of that of an earlier run with the same number.
-- The key share lock keeps the job's row until the commit, so that no profile outlives its job.
INSERT INTO eram_profiles AS p (job_id, attempt, attempted_at, profile, note)
SELECT j.id, $2::integer, $3::timestamptz, $4::text, $5::text
FROM eram_jobs AS j
WHERE j.id = $1
FOR KEY SHARE OF j
ON CONFLICT (job_id, attempt) DO UPDATE
SET attempted_at = excluded.attempted_at, profile = excluded.profile, note = excluded.note
WHERE p.attempted_at <= excluded.attempted_at
