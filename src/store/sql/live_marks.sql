-- What shows cheaply that something has changed, as one JSON text: a mark of the table of jobs, by the counters of the server and
-- the newest id, one of the cron entries, and the jobs $2. $1 is the schema.
SELECT pg_catalog.json_build_object(
  'at', pg_catalog.clock_timestamp(),
  'jobs', pg_catalog.concat_ws(
    '.', pg_catalog.pg_stat_get_tuples_inserted(t.id), pg_catalog.pg_stat_get_tuples_updated(t.id),
    pg_catalog.pg_stat_get_tuples_deleted(t.id), (SELECT pg_catalog.max(n.id) FROM eram_jobs AS n)
  ),
  'crons', (
    SELECT pg_catalog.concat_ws(
      '.', count(*), pg_catalog.max(c.updated_at), pg_catalog.max(c.last_at), pg_catalog.sum(c.missed),
      pg_catalog.sum(pg_catalog.hashtextextended(c.name, 0))
    )
    FROM eram_crons AS c
  ),
  'watched', (
    SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'id', j.id, 'state', j.state, 'queue', j.queue, 'attempt', j.attempt, 'max_attempts', j.max_attempts,
      'priority', j.priority, 'attempted_by', j.attempted_by, 'inserted_at', j.inserted_at, 'scheduled_at', j.scheduled_at,
      'attempted_at', j.attempted_at, 'finished_at', coalesce(j.completed_at, j.cancelled_at, j.discarded_at),
      'is_cancelling', j.state OPERATOR(pg_catalog.=) 'executing' AND j.cancel_requested_at IS NOT NULL,
      'errors', pg_catalog.cardinality(j.errors), 'changed', pg_catalog.concat_ws('.', j.xmin, p.xmin)
    )), '[]'::json)
    FROM eram_jobs AS j
    LEFT JOIN eram_progress AS p ON p.job_id = j.id
    WHERE j.id = ANY ($2::bigint[])
  )
)::text AS marks
FROM (SELECT pg_catalog.to_regclass(pg_catalog.format('%I.eram_jobs', $1::text)) AS id) AS t
