SELECT (to_jsonb(c) - ARRAY['stage', 'unique_slot', 'unique_key', 'unique_states', 'unique_at'])::text AS job
FROM eram_jobs AS c
WHERE c.id = $1
