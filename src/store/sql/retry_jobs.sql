-- Makes jobs available now. Finished jobs get one more attempt if theirs are used up; scheduled
-- jobs no longer wait. A success that only the row records is recorded as an attempt.
WITH target AS (
  SELECT c.id, c.state, c.attempt, c.attempted_at, c.attempted_by, c.completed_at
  FROM eram_jobs AS c
  WHERE c.state OPERATOR(pg_catalog.<>) ALL ('{available,executing}'::eram_job_state[]) AND true /* filter */
  ORDER BY c.id
  FOR UPDATE
), recorded AS (
  INSERT INTO eram_attempts (job_id, nth, attempt, status, started_at, ended_at, attempted_by)
  SELECT t.id, eram_next_attempt(t.id), t.attempt, 'success', t.attempted_at, t.completed_at, t.attempted_by
  FROM target AS t
  WHERE
    t.state OPERATOR(pg_catalog.=) 'completed' AND t.attempted_at IS NOT NULL AND t.completed_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM eram_attempts AS a WHERE a.job_id = t.id AND a.started_at = t.attempted_at AND a.status = 'success')
)
UPDATE eram_jobs AS j
SET
  state = 'available',
  max_attempts = greatest(j.max_attempts, j.attempt + 1),
  scheduled_at = now(),
  completed_at = NULL,
  cancelled_at = NULL,
  discarded_at = NULL,
  cancel_requested_at = NULL
FROM target
WHERE j.id = target.id
RETURNING j.id, j.queue, j.worker, target.state::text AS previous, j.state::text AS state
