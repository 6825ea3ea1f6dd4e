-- Frees what producers held that have not been heard of for $1 seconds, and forgets those producers, in one step: a producer
-- that comes back finds its row gone and knows that its claims are. A job whose attempts are used up is discarded, one that
-- was asked to be cancelled is cancelled; the lost attempt is recorded.
WITH lost AS (
  DELETE FROM eram_producers AS p
  WHERE p.uuid IN (
    SELECT c.uuid FROM eram_producers AS c
    WHERE
      c.updated_at < now() - make_interval(secs => $1)
      -- Nobody could beat while the server was down.
      AND pg_postmaster_start_time() < now() - make_interval(secs => $1)
    ORDER BY c.updated_at
    FOR UPDATE SKIP LOCKED
  )
  RETURNING p.uuid::text AS uuid, p.oldest_at, p.node
)
UPDATE eram_jobs AS j
SET
  state = CASE
    WHEN j.cancel_requested_at IS NOT NULL THEN 'cancelled'
    WHEN j.attempt >= j.max_attempts THEN 'discarded'
    ELSE 'available'
  END::eram_job_state,
  cancelled_at = CASE WHEN j.cancel_requested_at IS NOT NULL THEN now() ELSE j.cancelled_at END,
  discarded_at = CASE WHEN j.cancel_requested_at IS NULL AND j.attempt >= j.max_attempts THEN now() ELSE j.discarded_at END,
  errors = j.errors[greatest(1, cardinality(j.errors) - 18):] || jsonb_build_object(
    'attempt', j.attempt, 'at', now(), 'kind', 'lost', 'name', 'JobLost',
    'message', format('node %s was lost while the job ran', lost.node),
    'attempted_at', j.attempted_at, 'attempted_by', to_jsonb(j.attempted_by)),
  meta = j.meta || jsonb_build_object(
    'rescued', 1 + CASE jsonb_typeof(j.meta->'rescued') WHEN 'number' THEN (j.meta->'rescued')::numeric ELSE 0 END)
FROM lost
WHERE j.state = 'executing' AND j.attempted_at >= lost.oldest_at AND j.attempted_by[2] = lost.uuid
RETURNING j.id, j.queue, j.worker, j.attempt, j.state::text AS state
