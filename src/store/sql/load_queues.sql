-- The hashes add up to what the heartbeat calls the stamp of the settings.
SELECT
  q.queue, q.node, q.paused, q.job_limit,
  pg_catalog.hashtextextended(pg_catalog.concat_ws('|', q.queue, q.node, coalesce(q.paused::text, '-'), q.job_limit), 0) AS hash
FROM eram_queues AS q
WHERE q.node IN ('*', $1)
-- Settings of the node alone come last and so take precedence.
ORDER BY q.queue, q.node <> '*'
