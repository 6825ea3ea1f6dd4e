DROP FUNCTION eram_fetch_jobs(text, bigint, text, text, text[], text, text[], text[]);
