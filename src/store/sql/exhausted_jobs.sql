-- The first $1 available jobs without an attempt left, without $2.
SELECT c.id, c.queue, c.worker
FROM eram_jobs AS c
WHERE c.stage IN (1, 3) AND c.attempt >= c.max_attempts AND c.id <> ALL ($2::bigint[])
ORDER BY c.id
LIMIT $1
