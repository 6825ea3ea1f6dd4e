-- The newest jobs first; with $12, only jobs before this id.
SELECT (
  to_jsonb(c) - ARRAY['stage', 'unique_slot', 'unique_key', 'unique_states', 'unique_at']
  || jsonb_build_object('progress', to_jsonb(p) - ARRAY['job_id', 'attempted_at']))::text AS job
FROM eram_jobs AS c
LEFT JOIN eram_progress AS p ON p.job_id = c.id
WHERE ($12::bigint IS NULL OR c.id < $12) AND true /* filter */
ORDER BY c.id DESC
LIMIT $13 OFFSET $14
