-- The states of these jobs; null of one that does not exist.
SELECT a.id, j.state::text AS state
FROM pg_catalog.unnest($1::bigint[]) AS a(id)
LEFT JOIN eram_jobs AS j ON j.id = a.id
