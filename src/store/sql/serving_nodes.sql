-- Nodes that have sent a heartbeat within the last $1 seconds.
SELECT DISTINCT p.node
FROM eram_producers AS p
WHERE p.updated_at > pg_catalog.now() - pg_catalog.make_interval(secs => $1)
ORDER BY p.node
