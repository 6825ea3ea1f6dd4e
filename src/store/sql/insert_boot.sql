-- Inserts the job $2 of the @reboot entry $1 (unchanged since $5) once: for the first start of the
-- version $3, or for a cluster that began at $4, unless another of its nodes has inserted it.
WITH boot AS (
  UPDATE eram_crons AS c
  SET
    last_at = clock_timestamp(),
    boots = CASE WHEN $3::text IS NULL OR $3 = ANY (c.boots) THEN c.boots ELSE pg_catalog.array_append(c.boots[greatest(1, pg_catalog.cardinality(c.boots) - 98):], $3) END
  WHERE
    c.name = $1 AND c.updated_at = $5 AND NOT c.paused
    AND ($3::text IS NOT NULL AND NOT $3 = ANY (c.boots) OR $4::timestamptz IS NOT NULL AND coalesce(c.last_at < $4, true))
  RETURNING c.args
), made AS MATERIALIZED (
  SELECT e.*
  FROM boot
  CROSS JOIN LATERAL eram_enqueue_jobs(pg_catalog.jsonb_build_array($2::text::jsonb || pg_catalog.jsonb_build_object('args', boot.args)), false) AS e
), noted AS (
  INSERT INTO eram_cron_runs (name, job_id, tick, manual) SELECT $1, made.id, NULL::timestamptz, false FROM made
  ON CONFLICT DO NOTHING
), forgotten AS (
  DELETE FROM eram_cron_runs AS r
  WHERE r.name = $1 AND r.job_id < (SELECT o.job_id FROM eram_cron_runs AS o WHERE o.name = $1 ORDER BY o.job_id DESC OFFSET 99 LIMIT 1)
)
SELECT
  e.ord, e.id, e.state::text AS state, e.queue, e.scheduled_at, e.inserted_at, e.conflict, e.existing::text AS existing, e.worker
FROM made AS e
