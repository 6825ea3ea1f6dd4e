-- Inserts the job $2 of the entry $1, with its arguments, independent of its ticks.
WITH entry AS (
  SELECT c.args FROM eram_crons AS c WHERE c.name = $1
), made AS MATERIALIZED (
  SELECT e.*
  FROM entry
  CROSS JOIN LATERAL eram_enqueue_jobs(pg_catalog.jsonb_build_array($2::text::jsonb || pg_catalog.jsonb_build_object('args', entry.args)), false) AS e
), noted AS (
  INSERT INTO eram_cron_runs (name, job_id, tick, manual) SELECT $1, made.id, NULL::timestamptz, true FROM made
  ON CONFLICT DO NOTHING
), forgotten AS (
  DELETE FROM eram_cron_runs AS r
  WHERE r.name = $1 AND r.job_id < (SELECT o.job_id FROM eram_cron_runs AS o WHERE o.name = $1 ORDER BY o.job_id DESC OFFSET 99 LIMIT 1)
)
SELECT
  e.ord, e.id, e.state::text AS state, e.queue, e.scheduled_at, e.inserted_at, e.conflict, e.existing::text AS existing, e.worker
FROM made AS e
