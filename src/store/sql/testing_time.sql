-- For the testing kit: the time of the schema and when the next waiting job is due, of those due
-- after `after`; milliseconds since 1970.
SELECT CAST(pg_catalog.jsonb_build_object(
  'now', CAST(extract(epoch FROM clock_timestamp()) AS double precision) * CAST(1000 AS double precision),
  'due', (
    SELECT CAST(extract(epoch FROM pg_catalog.min(c.scheduled_at)) AS double precision) * CAST(1000 AS double precision)
    FROM eram_jobs AS c
    WHERE c.stage = 2 AND c.scheduled_at > coalesce(pg_catalog.to_timestamp(w.after / CAST(1000 AS double precision)), CAST('-infinity' AS timestamptz))
      AND c.scheduled_at < CAST('infinity' AS timestamptz)
  )) AS text) AS eram
FROM (SELECT CAST(CAST(CAST($1 AS text) AS jsonb)->>CAST('after' AS text) AS double precision) AS after) AS w
