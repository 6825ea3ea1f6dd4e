-- The rows of these jobs.
SELECT c.id, (
  pg_catalog.to_jsonb(c) - ARRAY['stage', 'unique_slot', 'unique_key', 'unique_states', 'unique_at']
  || pg_catalog.jsonb_build_object('revision', c.xmin::text, 'progress', pg_catalog.to_jsonb(p) - ARRAY['job_id', 'attempted_at'])
  -- JavaScript would round such an id to that of another job.
  || CASE WHEN c.id > 9007199254740991 THEN pg_catalog.jsonb_build_object('id', c.id::text) ELSE '{}'::jsonb END)::text AS job
FROM eram_jobs AS c
LEFT JOIN eram_progress AS p ON p.job_id = c.id
WHERE c.id = ANY($1)
