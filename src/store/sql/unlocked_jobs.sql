-- Which of these rows nobody holds a lock on now.
SELECT j.id FROM eram_jobs AS j WHERE j.id = ANY ($1::bigint[]) FOR NO KEY UPDATE SKIP LOCKED
