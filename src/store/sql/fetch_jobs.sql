-- Claims up to $2 jobs of queue $1 for the workers $5, as [node $3, producer $4] of app version $6.
-- By ctid, because a join on id turns into a scan of the whole table under a generic plan.
-- attempt < max_attempts inside the claim: exhausted rows (made by hand) must not hold up the head of the queue.
UPDATE eram_jobs AS j
SET
  state = 'executing',
  attempt = j.attempt + 1,
  attempted_at = now(),
  attempted_by = ARRAY[$3, $4],
  attempted_version = $6
WHERE j.ctid = ANY (ARRAY(
  SELECT c.ctid
  FROM eram_jobs AS c
  WHERE c.stage = 1 AND c.queue = $1 AND c.worker = ANY ($5) AND c.attempt < c.max_attempts
  ORDER BY c.priority, c.scheduled_at, c.id
  LIMIT $2
  FOR UPDATE SKIP LOCKED
))
RETURNING
  j.id, j.worker, j.queue, j.attempt, j.max_attempts, j.priority, j.args, j.meta, j.tags, j.errors,
  j.inserted_at, j.scheduled_at, j.attempted_at, j.timeout, j.backoff, j.crashes
