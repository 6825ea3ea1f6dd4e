-- What was set for a queue at run time, as one JSON text: for all nodes ('*') and for single ones.
SELECT coalesce(
  pg_catalog.json_object_agg(q.node, pg_catalog.json_build_object('paused', q.paused, 'limit', q.job_limit) ORDER BY q.node), '{}'::json
)::text AS settings
FROM eram_queues AS q
WHERE q.queue = $1
