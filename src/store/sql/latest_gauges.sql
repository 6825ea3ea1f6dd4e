-- The newest row about all queues, unless it is older than $1 seconds. A leader of any engine has
-- written it.
SELECT m.data::text AS data FROM eram_metrics AS m
WHERE
  m.step = 10 AND m.node = '*' AND m.boot = '00000000-0000-0000-0000-000000000000'
  AND m.bucket > clock_timestamp() - pg_catalog.make_interval(secs => $1)
ORDER BY m.bucket DESC
LIMIT 1
