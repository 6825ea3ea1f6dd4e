-- For the testing kit: the time of the schema and when the next waiting job is due, of those due
-- after `after`; milliseconds since 1970.
SELECT CAST(jsonb_build_object(
  'now', extract(epoch FROM clock_timestamp()) * 1000,
  'due', (
    SELECT extract(epoch FROM min(c.scheduled_at)) * 1000
    FROM eram_jobs AS c
    WHERE c.stage = 2 AND c.scheduled_at > coalesce(to_timestamp(w.after / 1000), CAST('-infinity' AS timestamptz))
      AND c.scheduled_at < CAST('infinity' AS timestamptz)
  )) AS text) AS eram
FROM (SELECT CAST(CAST($1 AS jsonb)->>'after' AS double precision) AS after) AS w
