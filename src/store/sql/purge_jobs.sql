-- Deletes, or with $8 cancels, up to $6 jobs that wait in queue $1 at stage $2 (1 and 3: available,
-- 2: scheduled or retryable) and have an id up to $3; at stage 2 only those after the cursor ($4,
-- $5), so that the jobs of other queues are passed only once. Leaves out the jobs $7, and with $9
-- takes only those. A job that another transaction is about to claim or change is skipped.
WITH target AS (
  SELECT c.id, c.scheduled_at
  FROM eram_jobs AS c
  -- With + 0, the planner does not use the primary key.
  WHERE $2 <> 2 AND c.stage = $2 AND c.queue = $1 AND c.id + 0 <= $3 AND c.id + 0 <> ALL ($7::bigint[])
    AND ($9::bigint[] IS NULL OR c.id + 0 = ANY ($9))
  LIMIT $6
  FOR UPDATE SKIP LOCKED
), later AS (
  SELECT c.id, c.scheduled_at
  FROM eram_jobs AS c
  WHERE
    $2 = 2 AND c.stage = 2 AND c.queue = $1 AND c.id <= $3 AND (c.scheduled_at, c.id) > ($4::timestamptz, $5::bigint)
    AND c.id <> ALL ($7::bigint[]) AND ($9::bigint[] IS NULL OR c.id = ANY ($9))
  ORDER BY c.scheduled_at, c.id
  LIMIT $6
  FOR UPDATE SKIP LOCKED
), chosen AS (
  SELECT target.id, target.scheduled_at FROM target UNION ALL SELECT later.id, later.scheduled_at FROM later
), deleted AS (
  DELETE FROM eram_jobs AS j USING chosen WHERE NOT $8 AND j.id = chosen.id RETURNING j.id
), cancelled AS (
  UPDATE eram_jobs AS j SET state = 'cancelled', cancelled_at = now() FROM chosen WHERE $8 AND j.id = chosen.id RETURNING j.id
)
SELECT
  (SELECT count(*) FROM deleted) + (SELECT count(*) FROM cancelled) AS jobs,
  (SELECT pg_catalog.max(chosen.scheduled_at) FROM chosen) AS last_at,
  (SELECT chosen.id FROM chosen ORDER BY chosen.scheduled_at DESC, chosen.id DESC LIMIT 1) AS last_id
