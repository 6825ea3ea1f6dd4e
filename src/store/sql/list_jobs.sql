-- The newest jobs first; with $12, only jobs before this id.
SELECT (to_jsonb(c) - ARRAY['stage', 'unique_slot', 'unique_key', 'unique_states', 'unique_at'])::text AS job
FROM eram_jobs AS c
WHERE ($12::bigint IS NULL OR c.id < $12) AND true /* filter */
ORDER BY c.id DESC
LIMIT $13 OFFSET $14
