-- Cancels waiting jobs at once. A running job is asked to stop: its row records the request, and
-- its executor confirms.
WITH target AS (
  SELECT c.id, c.state
  FROM eram_jobs AS c
  WHERE c.state OPERATOR(pg_catalog.<>) ALL ('{completed,discarded,cancelled}'::eram_job_state[]) AND true /* filter */
  ORDER BY c.id
  FOR UPDATE
)
UPDATE eram_jobs AS j
SET
  state = CASE WHEN target.state OPERATOR(pg_catalog.=) 'executing' THEN target.state ELSE 'cancelled' END,
  cancelled_at = CASE WHEN target.state OPERATOR(pg_catalog.=) 'executing' THEN j.cancelled_at ELSE now() END,
  cancel_requested_at = CASE WHEN target.state OPERATOR(pg_catalog.=) 'executing' THEN coalesce(j.cancel_requested_at, now()) END,
  errors = CASE
    WHEN target.state OPERATOR(pg_catalog.=) 'executing' OR $13::text IS NULL THEN j.errors
    ELSE pg_catalog.array_append(j.errors[greatest(1, pg_catalog.cardinality(j.errors) - 18):], pg_catalog.jsonb_build_object(
      'attempt', j.attempt, 'at', now(), 'kind', 'cancelled', 'name', 'CancelJob', 'message', $13::text))
  END
FROM target
WHERE j.id = target.id
RETURNING j.id, j.queue, j.worker, target.state::text AS previous, j.state::text AS state
