-- Inserts the job $6 for the tick $2 of the entry $1, if the entry is as it was read (changed at
-- $4, settled up to $5): any other node that handles this tick finds it settled. A tick older than
-- $7 seconds inserts a job only for guaranteed entries, even if this node was frozen. The job's
-- arguments are the row's; $3 is the number of ticks missed before it. The statement waits for
-- locks only briefly, because other entries have their ticks too.
WITH held AS (
  SELECT c.name, pg_catalog.set_config('lock_timeout', '2s', true) AS lock_timeout
  FROM eram_crons AS c
  WHERE
    c.name = $1 AND c.updated_at = $4 AND greatest(c.last_at, c.since) = $5 AND $5 < $2 AND $2 <= clock_timestamp() AND NOT c.paused
    AND (c.guaranteed OR clock_timestamp() < $2 + pg_catalog.make_interval(secs => $7))
  FOR UPDATE SKIP LOCKED
), tick AS (
  UPDATE eram_crons AS c
  SET last_at = $2, missed = c.missed + $3
  FROM held
  WHERE c.name = held.name AND held.lock_timeout = '2s'
  RETURNING c.args
), made AS MATERIALIZED (
  SELECT e.*
  FROM tick
  CROSS JOIN LATERAL eram_enqueue_jobs(pg_catalog.jsonb_build_array($6::text::jsonb || pg_catalog.jsonb_build_object('args', tick.args)), false) AS e
), noted AS (
  INSERT INTO eram_cron_runs (name, job_id, tick, manual) SELECT $1, made.id, $2::timestamptz, false FROM made
  ON CONFLICT DO NOTHING
), forgotten AS (
  DELETE FROM eram_cron_runs AS r
  WHERE r.name = $1 AND r.job_id < (SELECT o.job_id FROM eram_cron_runs AS o WHERE o.name = $1 ORDER BY o.job_id DESC OFFSET 99 LIMIT 1)
)
SELECT
  e.ord, e.id, e.state::text AS state, e.queue, e.scheduled_at, e.inserted_at, e.conflict, e.existing::text AS existing, e.worker
FROM made AS e
