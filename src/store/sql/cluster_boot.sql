-- Whether the cluster began with the engine of the producers $1, and when that engine began.
-- `going_on`: an older producer has sent a heartbeat since. `undecided`: an older producer may
-- still be alive, or may have died with the previous cluster; $2 seconds after its last heartbeat
-- this is certain.
SELECT
  own.at,
  EXISTS (SELECT FROM eram_producers AS p WHERE p.started_at < own.at AND p.updated_at > own.at) AS going_on,
  EXISTS (
    SELECT FROM eram_producers AS p WHERE p.started_at < own.at AND p.updated_at > pg_catalog.now() - pg_catalog.make_interval(secs => $2)
  ) AS undecided
FROM (SELECT pg_catalog.min(p.started_at) AS at FROM eram_producers AS p WHERE p.uuid = ANY ($1::uuid[])) AS own
WHERE own.at IS NOT NULL
