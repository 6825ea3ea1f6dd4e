-- The CPU profile of an attempt of a job, and a note on it.
SELECT p.profile, p.note FROM eram_profiles AS p WHERE p.job_id = $1 AND p.attempt = $2::integer
