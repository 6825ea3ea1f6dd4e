WITH runs AS (
  DELETE FROM eram_cron_runs AS r WHERE r.name = $1
)
DELETE FROM eram_crons AS c WHERE c.name = $1
