-- The names and states of these jobs, in the form of an action that changed nothing.
SELECT c.id, c.queue, c.worker, c.state::text AS previous, c.state::text AS state
FROM eram_jobs AS c
WHERE c.id = ANY ($1::bigint[])
ORDER BY c.id
