-- Makes jobs available now. Finished jobs get one more attempt if theirs are used up; scheduled
-- jobs no longer wait.
WITH target AS (
  SELECT c.id, c.state
  FROM eram_jobs AS c
  WHERE c.state NOT IN ('available', 'executing') AND true /* filter */
  ORDER BY c.id
  FOR UPDATE
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
