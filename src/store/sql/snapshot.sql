-- What is visible now: commands and messages that commit later are new.
SELECT pg_catalog.pg_current_snapshot()::text AS snapshot
