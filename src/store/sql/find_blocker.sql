-- A session that holds a lock for which a session of this role waits that runs the statement $1.
SELECT b.pid, s.application_name, s.state, extract(epoch FROM clock_timestamp() - s.xact_start)::float8 AS seconds
FROM pg_stat_activity AS a
CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(a.pid)) AS b(pid)
LEFT JOIN pg_stat_activity AS s ON s.pid = b.pid
WHERE a.wait_event_type = 'Lock' AND a.datname = current_database() AND a.usename = current_user
  AND pg_catalog.left(a.query, 500) = pg_catalog.left($1::text, 500)
ORDER BY s.xact_start
LIMIT 1
