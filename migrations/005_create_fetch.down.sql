DROP FUNCTION eram_survey_queue(text, text[], text[], text[]);
DROP FUNCTION eram_fetch_jobs(text, bigint, text, text, text[], text, text[], text[], smallint[], smallint[], timestamptz[], bigint[]);
