INSERT INTO eram_settings AS s (key, value)
VALUES ('environment', pg_catalog.to_jsonb($1::text))
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now()
