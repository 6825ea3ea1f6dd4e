-- For the testing kit: deletes all jobs, the settings of queues and the cron entries that are not in
-- code, and takes the clock back to the server's. Ticks of the other entries count from now on.
WITH jobs AS (
  DELETE FROM eram_jobs AS j WHERE CAST($1 AS text) IS NOT NULL
), queues AS (
  DELETE FROM eram_queues
), entries AS (
  DELETE FROM eram_crons AS c WHERE c.code IS NULL
), runs AS (
  DELETE FROM eram_cron_runs
), kept AS (
  UPDATE eram_crons AS c SET last_at = NULL, since = pg_catalog.now() WHERE c.code IS NOT NULL
)
UPDATE eram_clock AS c SET ahead = interval '0' RETURNING CAST(c.ahead AS text) AS eram
