-- The ids of those rows that are not locked.
SELECT j.id FROM eram_jobs AS j WHERE j.id = ANY ($1::bigint[]) FOR NO KEY UPDATE SKIP LOCKED
