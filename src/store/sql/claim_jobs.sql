-- Claims those of the jobs $2 that are available in queue $1, as [$3, $4] of version $5: for fetches of
-- which the database refuses some rows.
UPDATE eram_jobs AS j
SET
  state = 'executing',
  attempt = j.attempt + 1,
  attempted_at = now(),
  attempted_by = ARRAY[$3::text, $4::text],
  attempted_version = $5::text
WHERE j.ctid = ANY (ARRAY(
  SELECT c.ctid
  FROM eram_jobs AS c
  WHERE c.id = ANY ($2::bigint[]) AND c.queue = $1 AND c.stage IN (1, 3) AND c.attempt < c.max_attempts
  FOR UPDATE SKIP LOCKED
))
RETURNING
  j.id, j.worker, j.queue, j.attempt, j.max_attempts, j.priority, j.args, j.meta, j.tags, j.errors,
  j.inserted_at, j.scheduled_at, j.attempted_at, j.timeout, j.backoff, j.crashes
