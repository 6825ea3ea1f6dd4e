DROP TRIGGER eram_jobs_truncated ON eram_jobs;
DROP TRIGGER eram_jobs_deleted ON eram_jobs;
DROP FUNCTION eram_ack_job(text);
DROP FUNCTION eram_ack_jobs(
  bigint[], timestamptz[], uuid[], text[], double precision[], text[], text[], integer[], integer[], text[], text[], text[], text[]);
DROP FUNCTION eram_truncate_traces();
DROP FUNCTION eram_delete_traces();
DROP TABLE eram_profiles;
DROP TABLE eram_progress;
DROP TABLE eram_attempts;
DROP FUNCTION eram_fingerprint(text, text);
DROP FUNCTION eram_failure_line(text);
DROP FUNCTION eram_trim_attempts();
DROP FUNCTION eram_next_attempt(bigint);
