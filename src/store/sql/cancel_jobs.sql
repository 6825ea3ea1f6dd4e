-- Cancels waiting jobs at once. A running job is asked to stop: its row records the request, and
-- its executor confirms.
WITH target AS (
  SELECT c.id, c.state
  FROM eram_jobs AS c
  WHERE c.state NOT IN ('completed', 'discarded', 'cancelled') AND true /* filter */
  ORDER BY c.id
  FOR UPDATE
)
UPDATE eram_jobs AS j
SET
  state = CASE WHEN target.state = 'executing' THEN target.state ELSE 'cancelled' END,
  cancelled_at = CASE WHEN target.state = 'executing' THEN j.cancelled_at ELSE now() END,
  cancel_requested_at = CASE WHEN target.state = 'executing' THEN coalesce(j.cancel_requested_at, now()) END,
  errors = CASE
    WHEN target.state = 'executing' OR $12::text IS NULL THEN j.errors
    ELSE j.errors[greatest(1, cardinality(j.errors) - 18):] || jsonb_build_object(
      'attempt', j.attempt, 'at', now(), 'kind', 'cancelled', 'name', 'CancelJob', 'message', $12::text)
  END
FROM target
WHERE j.id = target.id
RETURNING j.id, j.queue, j.worker, target.state::text AS previous, j.state::text AS state
