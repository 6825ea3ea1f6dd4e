-- Whether something needs the engine of the producers $1, which rests: another does not rest; this one
-- was roused; a job waits in one of the queues $2 for one of the workers $3; a job was inserted after
-- the job $4; one is due before the time of the next heartbeat; a cron entry changed in the last $5
-- seconds.
SELECT
  EXISTS (SELECT FROM eram_producers AS p WHERE p.uuid <> ALL ($1::uuid[]) AND NOT p.resting)
  OR (
    SELECT pg_catalog.count(*) FROM eram_producers AS p WHERE p.uuid = ANY ($1::uuid[]) AND p.resting
  ) < pg_catalog.cardinality($1::uuid[])
  OR EXISTS (
    SELECT FROM pg_catalog.unnest($2::text[]) AS q(queue)
    -- Not EXISTS, which the planner may turn into a join that reads all waiting jobs.
    WHERE (
      SELECT true FROM eram_jobs AS j
      WHERE j.stage = 1 AND j.queue = q.queue AND j.worker = ANY ($3::text[]) AND j.attempt < j.max_attempts
      LIMIT 1
    )
  )
  OR (SELECT true FROM eram_jobs AS j WHERE j.id > $4::bigint ORDER BY j.id LIMIT 1) IS TRUE
  OR (
    SELECT j.scheduled_at FROM eram_jobs AS j WHERE j.stage = 2 ORDER BY j.scheduled_at LIMIT 1
  ) < (SELECT pg_catalog.min(p.updated_at) FROM eram_producers AS p WHERE p.uuid = ANY ($1::uuid[])) IS TRUE
  OR EXISTS (
    SELECT FROM eram_crons AS c
    WHERE c.updated_at > pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $5::double precision)
  ) AS needed
