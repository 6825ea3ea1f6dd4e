DROP FUNCTION eram_draft_problem(jsonb);
DROP FUNCTION eram_window_lock(jsonb, timestamptz);
DROP FUNCTION eram_unique_key(jsonb, timestamptz, integer);
DROP FUNCTION eram_canonical(jsonb);
