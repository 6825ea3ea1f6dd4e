-- For the testing kit: claims the one available job that is to run next, of `queues` and `workers`
-- (or of all), with an id up to `most`, for the producer `producer` of `node`. Null when there is none. `claimed_at` is in
-- microseconds since 1970.
SELECT CAST(pg_catalog.to_jsonb(f) || pg_catalog.jsonb_build_object('claimed_at', CAST(CAST(extract(epoch FROM f.attempted_at) AS double precision) * CAST(1000000 AS double precision) AS bigint)) AS text) AS eram
FROM (
  SELECT c.queue, c.worker, w.given
  FROM (SELECT CAST(CAST($1 AS text) AS jsonb) AS given) AS w
  CROSS JOIN eram_jobs AS c
  WHERE
    (c.stage = 1 OR c.stage = 3 AND c.version = w.given->>CAST('version' AS text))
    AND c.attempt < c.max_attempts
    AND (w.given->CAST('most' AS text) IS NULL OR c.id <= CAST(w.given->>CAST('most' AS text) AS bigint))
    AND (w.given->CAST('queues' AS text) IS NULL OR w.given->CAST('queues' AS text) @> pg_catalog.to_jsonb(c.queue))
    AND (w.given->CAST('workers' AS text) IS NULL OR w.given->CAST('workers' AS text) @> pg_catalog.to_jsonb(c.worker))
  ORDER BY c.priority, c.scheduled_at, c.id
  LIMIT 1
) AS n
CROSS JOIN LATERAL eram_fetch_jobs(
  n.queue, CAST(1 AS bigint), n.given->>CAST('node' AS text), n.given->>CAST('producer' AS text), ARRAY[n.worker], n.given->>CAST('version' AS text),
  CASE WHEN n.given->>CAST('version' AS text) IS NULL THEN CAST(ARRAY[] AS text[]) ELSE ARRAY['pinned', 'min'] END,
  CASE WHEN n.given->>CAST('version' AS text) IS NULL THEN CAST(ARRAY[] AS text[]) ELSE ARRAY[n.given->>CAST('version' AS text), n.given->>CAST('version' AS text)] END
) AS f
