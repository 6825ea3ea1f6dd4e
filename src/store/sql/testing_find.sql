-- For the testing kit: the jobs after the id `after`, of the workers and in the states that are
-- named, oldest first; the newest 10,000 of them. Like all statements of the kit, it takes one text
-- and returns one, and needs neither colons nor question marks, so that any database library can
-- run it.
SELECT coalesce(CAST(pg_catalog.jsonb_agg(f.job ORDER BY f.id) AS text), '[]') AS eram
FROM (
  SELECT c.id, pg_catalog.to_jsonb(c) - ARRAY['stage', 'unique_slot', 'unique_key', 'unique_states', 'unique_at'] AS job
  FROM (SELECT CAST(CAST($1 AS text) AS jsonb) AS given) AS w
  CROSS JOIN eram_jobs AS c
  WHERE
    c.id > coalesce(CAST(w.given->>CAST('after' AS text) AS bigint), 0)
    AND (w.given->CAST('ids' AS text) IS NULL OR w.given->CAST('ids' AS text) @> pg_catalog.to_jsonb(c.id))
    AND (w.given->CAST('workers' AS text) IS NULL OR w.given->CAST('workers' AS text) @> pg_catalog.to_jsonb(c.worker))
    AND (w.given->CAST('states' AS text) IS NULL OR w.given->CAST('states' AS text) @> pg_catalog.to_jsonb(CAST(c.state AS text)))
  ORDER BY c.id DESC
  LIMIT 10000
) AS f
