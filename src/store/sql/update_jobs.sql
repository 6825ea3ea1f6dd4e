-- Changes waiting jobs by the patch $12, whose keys were validated. A job with a new due time
-- becomes scheduled.
WITH target AS (
  SELECT c.id, c.state, $12::text::jsonb AS patch
  FROM eram_jobs AS c
  WHERE c.state IN ('available', 'suspended', 'scheduled', 'retryable') AND true /* filter */
  ORDER BY c.id
  FOR UPDATE
)
UPDATE eram_jobs AS j
SET
  args = coalesce(target.patch->'args', j.args),
  meta = coalesce(target.patch->'meta', j.meta),
  tags = CASE WHEN target.patch ? 'tags' THEN ARRAY(SELECT jsonb_array_elements_text(target.patch->'tags')) ELSE j.tags END,
  queue = coalesce(target.patch->>'queue', j.queue),
  priority = coalesce((target.patch->>'priority')::smallint, j.priority),
  max_attempts = greatest(coalesce((target.patch->>'max_attempts')::integer, j.max_attempts), j.attempt),
  timeout = CASE WHEN target.patch ? 'timeout' THEN (target.patch->>'timeout')::integer ELSE j.timeout END,
  scheduled_at = coalesce(
    (target.patch->>'scheduled_at')::timestamptz,
    now() + make_interval(secs => (target.patch->>'schedule_in')::double precision),
    j.scheduled_at),
  state = CASE
    WHEN target.patch ? 'state' THEN (target.patch->>'state')::eram_job_state
    WHEN target.patch ?| ARRAY['scheduled_at', 'schedule_in'] AND j.state <> 'retryable' THEN 'scheduled'
    ELSE j.state
  END
FROM target
WHERE j.id = target.id
RETURNING j.id, j.queue, j.worker, target.state::text AS previous, j.state::text AS state
