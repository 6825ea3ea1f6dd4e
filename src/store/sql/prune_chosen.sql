-- Deletes those of the jobs $1 that ended long enough ago: completed $2 seconds, cancelled $3,
-- discarded $4. Locked rows are left. Only for the leader, whose lease is [$5, $6, $7].
WITH deleted AS (
  DELETE FROM eram_jobs AS j
  WHERE j.ctid = ANY (ARRAY(
    SELECT c.ctid
    FROM eram_jobs AS c
    WHERE
      c.id = ANY ($1::bigint[])
      AND CASE c.state::text
        WHEN 'completed' THEN coalesce(c.completed_at, c.attempted_at, c.inserted_at) < now() - pg_catalog.make_interval(secs => $2)
        WHEN 'cancelled' THEN coalesce(c.cancelled_at, c.attempted_at, c.inserted_at) < now() - pg_catalog.make_interval(secs => $3)
        WHEN 'discarded' THEN coalesce(c.discarded_at, c.attempted_at, c.inserted_at) < now() - pg_catalog.make_interval(secs => $4)
        ELSE false
      END
      AND (SELECT eram_holds_lease($5, $6, $7))
    FOR UPDATE SKIP LOCKED
  ))
  RETURNING j.state
)
SELECT
  pg_catalog.count(*) FILTER (WHERE d.state::text = 'completed') AS completed,
  pg_catalog.count(*) FILTER (WHERE d.state::text = 'cancelled') AS cancelled,
  pg_catalog.count(*) FILTER (WHERE d.state::text = 'discarded') AS discarded
FROM deleted AS d
