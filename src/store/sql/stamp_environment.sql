-- Stamps the environment $1 on a database that has none, and says which it has. Of two that stamp at once, the second waits for
-- the first and is told that one's: an upsert that changes nothing sees what a plain look would not yet.
INSERT INTO eram_settings AS s (key, value)
VALUES ('environment', to_jsonb($1::text))
ON CONFLICT (key) DO UPDATE SET value = s.value
RETURNING s.value #>> '{}' AS environment
