-- Every ack but the plainest: results, failures, cancels, snoozes, releases. Fenced like complete_jobs.
-- A cancel that was asked for meanwhile wins over anything that would run the job again.
UPDATE eram_jobs AS j
SET
  state = CASE
    WHEN j.cancel_requested_at IS NOT NULL AND a.state IN ('available', 'scheduled', 'retryable') THEN 'cancelled'
    ELSE a.state
  END::eram_job_state,
  attempt = greatest(j.attempt + a.attempt_delta, 0),
  scheduled_at = CASE WHEN a.delay IS NULL THEN j.scheduled_at ELSE now() + make_interval(secs => a.delay) END,
  completed_at = CASE WHEN a.state = 'completed' THEN now() ELSE j.completed_at END,
  discarded_at = CASE WHEN a.state = 'discarded' THEN now() ELSE j.discarded_at END,
  cancelled_at = CASE
    WHEN a.state = 'cancelled' THEN now()
    WHEN j.cancel_requested_at IS NOT NULL AND a.state IN ('available', 'scheduled', 'retryable') THEN now()
    ELSE j.cancelled_at
  END,
  crashes = j.crashes + a.crashes,
  result = coalesce(a.result::jsonb, j.result),
  errors = CASE
    WHEN a.error IS NULL THEN j.errors
    -- The newest twenty are kept.
    ELSE j.errors[greatest(1, cardinality(j.errors) - 18):]
      || (a.error::jsonb || jsonb_build_object(
        'attempt', j.attempt, 'at', now(), 'attempted_at', j.attempted_at, 'attempted_by', to_jsonb(j.attempted_by)))
  END,
  -- counts: numbers are added to those in meta, anything else replaces.
  meta = CASE
    WHEN a.counts IS NULL THEN j.meta
    ELSE j.meta || (
      SELECT jsonb_object_agg(c.key, CASE jsonb_typeof(c.value)
        WHEN 'number' THEN to_jsonb(c.value::numeric + CASE jsonb_typeof(j.meta->c.key) WHEN 'number' THEN (j.meta->c.key)::numeric ELSE 0 END)
        ELSE c.value END)
      FROM jsonb_each(a.counts::jsonb) AS c)
  END
FROM unnest(
  $1::bigint[], $2::timestamptz[], $3::uuid[], $4::text[], $5::double precision[], $6::text[], $7::text[], $8::integer[],
  $9::integer[], $10::text[]
) AS a(id, attempted_at, producer, state, delay, error, result, attempt_delta, crashes, counts)
WHERE
  j.id = a.id
  AND j.state = 'executing'
  AND j.attempted_at = a.attempted_at
  AND j.attempted_by[2] = a.producer::text
RETURNING j.id, j.state::text AS state
