-- Frees jobs that have been executing for longer than $1 seconds (and than their own timeout) for a producer that no longer has
-- a row at all. A job whose producer is alive is never touched, however long it runs.
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
    'message', 'the producer of the job was lost while the job ran',
    'attempted_at', j.attempted_at, 'attempted_by', to_jsonb(j.attempted_by)),
  meta = j.meta || jsonb_build_object(
    'rescued', 1 + CASE jsonb_typeof(j.meta->'rescued') WHEN 'number' THEN (j.meta->'rescued')::numeric ELSE 0 END)
WHERE j.id IN (
  SELECT c.id
  FROM eram_jobs AS c
  WHERE
    c.state = 'executing'
    AND c.attempted_at < now() - make_interval(secs => $1)
    AND c.attempted_at < now() - make_interval(secs => coalesce(c.timeout, 0) / 1000.0)
    AND NOT EXISTS (SELECT FROM eram_producers AS p WHERE p.uuid::text = c.attempted_by[2])
  ORDER BY c.id
  FOR UPDATE SKIP LOCKED
)
RETURNING j.id, j.queue, j.worker, j.attempt, j.state::text AS state
