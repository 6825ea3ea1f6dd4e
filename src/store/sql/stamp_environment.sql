-- Stamps the environment $1 on a database that has no stamp, and returns the stamp. Of two engines
-- that stamp at the same time, the second waits for the first and gets the first one's stamp: an
-- upsert that changes nothing sees a row that a plain query would not see yet.
INSERT INTO eram_settings AS s (key, value)
VALUES ('environment', pg_catalog.to_jsonb($1::text))
ON CONFLICT (key) DO UPDATE SET value = s.value
RETURNING s.value #>> '{}'::text[] AS environment
