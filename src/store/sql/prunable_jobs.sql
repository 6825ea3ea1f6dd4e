-- Of the next $2 jobs after id $1, those that prune_jobs would delete: completed $3 seconds ago,
-- cancelled $4, discarded $5; without $6.
SELECT c.id, c.queue, c.worker
FROM (SELECT p.* FROM eram_jobs AS p WHERE p.id > $1 ORDER BY p.id LIMIT $2) AS c
WHERE
  CASE c.state::text
    WHEN 'completed' THEN coalesce(c.completed_at, c.attempted_at, c.inserted_at) < now() - pg_catalog.make_interval(secs => $3)
    WHEN 'cancelled' THEN coalesce(c.cancelled_at, c.attempted_at, c.inserted_at) < now() - pg_catalog.make_interval(secs => $4)
    WHEN 'discarded' THEN coalesce(c.discarded_at, c.attempted_at, c.inserted_at) < now() - pg_catalog.make_interval(secs => $5)
    ELSE false
  END
  AND c.id <> ALL ($6::bigint[])
