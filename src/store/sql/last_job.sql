SELECT coalesce(pg_catalog.max(c.id), 0) AS id FROM eram_jobs AS c
