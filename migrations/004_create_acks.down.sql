DROP FUNCTION eram_complete_jobs(bigint[], integer[], timestamptz[], uuid[]);
