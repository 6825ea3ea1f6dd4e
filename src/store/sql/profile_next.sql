-- Marks the next attempt of a job to be profiled; gives its number. No row: the job does not exist.
UPDATE eram_jobs AS j
SET meta = j.meta || pg_catalog.jsonb_build_object('profile_attempt', j.attempt + 1)
WHERE j.id = $1
RETURNING j.attempt + 1
