DROP FUNCTION eram_enqueue(text);
DROP FUNCTION eram_enqueue_job(jsonb);
DROP FUNCTION eram_enqueue_jobs(jsonb, boolean);
DROP FUNCTION eram_enqueue_unique(jsonb, bytea, eram_job_state[], eram_job_state, timestamptz, bigint);
DROP FUNCTION eram_refuse_id(bigint);
DROP FUNCTION eram_obstacles();
DROP FUNCTION eram_channel(text);
DROP FUNCTION eram_queue_key(text);
