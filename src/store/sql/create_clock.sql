-- Creates the clock of a test schema, which the search path names first: now() and clock_timestamp()
-- of the schema are ahead of the server's. What says pg_catalog.now() follows the server.
CREATE TABLE IF NOT EXISTS eram_clock (ahead interval NOT NULL);
INSERT INTO eram_clock (ahead) SELECT interval '0' WHERE NOT EXISTS (SELECT FROM eram_clock);
CREATE OR REPLACE FUNCTION now() RETURNS timestamptz
LANGUAGE sql STABLE AS $$ SELECT pg_catalog.now() + c.ahead FROM eram_clock AS c $$;
CREATE OR REPLACE FUNCTION clock_timestamp() RETURNS timestamptz
LANGUAGE sql VOLATILE AS $$ SELECT pg_catalog.clock_timestamp() + c.ahead FROM eram_clock AS c $$;
