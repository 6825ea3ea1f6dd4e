DROP FUNCTION eram_ack_job(text);
DROP FUNCTION eram_ack_jobs(bigint[], timestamptz[], uuid[], text[], double precision[], text[], text[], integer[], integer[], text[]);
DROP FUNCTION eram_complete_jobs(bigint[], integer[], timestamptz[], uuid[]);
