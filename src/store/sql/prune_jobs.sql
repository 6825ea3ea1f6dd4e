-- Examines the next $2 jobs after id $1 and deletes those that ended long enough ago: completed
-- ones $3 seconds, cancelled ones $4, discarded ones $5. It follows the primary key from the oldest
-- job on, because no index covers when a job ended. It does not wait for locks: locked rows are
-- left for the next round.
-- Returns where to continue, and whether this was the end: the last page, or jobs too young to have
-- ended long ago. Leaves the jobs $9 alone. Only for the leader, whose lease is [$6, $7, $8].
WITH page AS MATERIALIZED (
  SELECT c.id, c.inserted_at FROM eram_jobs AS c WHERE c.id > $1 ORDER BY c.id LIMIT $2
), bounds AS MATERIALIZED (
  SELECT pg_catalog.max(p.id) AS last, count(*) AS looked_at FROM page AS p
), deleted AS (
  DELETE FROM eram_jobs AS j
  WHERE j.ctid = ANY (ARRAY(
    SELECT c.ctid
    FROM eram_jobs AS c
    WHERE
      c.id > $1 AND c.id <= (SELECT b.last FROM bounds AS b)
      AND CASE c.state::text
        WHEN 'completed' THEN coalesce(c.completed_at, c.attempted_at, c.inserted_at) < now() - pg_catalog.make_interval(secs => $3)
        WHEN 'cancelled' THEN coalesce(c.cancelled_at, c.attempted_at, c.inserted_at) < now() - pg_catalog.make_interval(secs => $4)
        WHEN 'discarded' THEN coalesce(c.discarded_at, c.attempted_at, c.inserted_at) < now() - pg_catalog.make_interval(secs => $5)
        ELSE false
      END
      AND (SELECT eram_holds_lease($6, $7, $8))
      AND c.id <> ALL ($9::bigint[])
    ORDER BY c.id
    FOR UPDATE SKIP LOCKED
  ))
  RETURNING j.state
)
SELECT
  b.last, b.looked_at,
  b.looked_at < $2 OR (
    SELECT p.inserted_at > now() - pg_catalog.make_interval(secs => least($3, $4, $5)) FROM page AS p WHERE p.id = b.last
  ) AS ended,
  (SELECT count(*) FROM deleted AS d WHERE d.state OPERATOR(pg_catalog.=) 'completed') AS completed,
  (SELECT count(*) FROM deleted AS d WHERE d.state OPERATOR(pg_catalog.=) 'cancelled') AS cancelled,
  (SELECT count(*) FROM deleted AS d WHERE d.state OPERATOR(pg_catalog.=) 'discarded') AS discarded
FROM bounds AS b
