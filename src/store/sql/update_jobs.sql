-- Changes waiting jobs by the patch $13, whose keys were validated. A job with a new due time
-- becomes scheduled. With $14, only a job whose row is still that revision.
WITH target AS (
  SELECT c.id, c.state, $13::text::jsonb AS patch
  FROM eram_jobs AS c
  WHERE c.state OPERATOR(pg_catalog.=) ANY ('{available,suspended,scheduled,retryable}'::eram_job_state[]) AND ($14::text IS NULL OR c.xmin::text = $14) AND true /* filter */
  ORDER BY c.id
  FOR UPDATE
)
UPDATE eram_jobs AS j
SET
  args = coalesce(target.patch->'args'::text, j.args),
  meta = coalesce(target.patch->'meta'::text, j.meta),
  tags = CASE WHEN target.patch ? 'tags'::text THEN ARRAY(SELECT pg_catalog.jsonb_array_elements_text(target.patch->'tags'::text)) ELSE j.tags END,
  queue = coalesce(target.patch->>'queue'::text, j.queue),
  priority = coalesce((target.patch->>'priority'::text)::smallint, j.priority),
  max_attempts = greatest(coalesce((target.patch->>'max_attempts'::text)::integer, j.max_attempts), j.attempt),
  timeout = CASE WHEN target.patch ? 'timeout'::text THEN (target.patch->>'timeout'::text)::integer ELSE j.timeout END,
  scheduled_at = coalesce(
    (target.patch->>'scheduled_at'::text)::timestamptz,
    now() + pg_catalog.make_interval(secs => (target.patch->>'schedule_in'::text)::double precision),
    j.scheduled_at),
  state = CASE
    WHEN target.patch ? 'state'::text THEN (target.patch->>'state'::text)::eram_job_state
    WHEN target.patch ?| ARRAY['scheduled_at', 'schedule_in'] AND j.state OPERATOR(pg_catalog.<>) 'retryable' THEN 'scheduled'
    ELSE j.state
  END
FROM target
WHERE j.id = target.id
RETURNING j.id, j.queue, j.worker, target.state::text AS previous, j.state::text AS state
