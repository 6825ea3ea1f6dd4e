-- The first $1 jobs that are due and not yet staged, or with $3 all that wait in that queue, without
-- $2.
SELECT c.id, c.queue, c.worker
FROM eram_jobs AS c
WHERE
  c.stage = 2
  AND c.scheduled_at <= CASE WHEN $3::text IS NULL THEN now() ELSE 'infinity'::timestamptz END
  AND ($3::text IS NULL OR c.queue = $3)
  AND c.id <> ALL ($2::bigint[])
ORDER BY c.scheduled_at, c.id
LIMIT $1
