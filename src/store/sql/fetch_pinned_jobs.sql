-- As fetch_jobs.sql, and of the jobs that only some versions of the application may run, those whose rule $7 and version $8 are
-- among these pairs. Plain and pinned jobs keep their common order; more are locked than are claimed, until this statement ends.
UPDATE eram_jobs AS j
SET
  state = 'executing',
  attempt = j.attempt + 1,
  attempted_at = now(),
  attempted_by = ARRAY[$3, $4],
  attempted_version = $6
WHERE j.ctid = ANY (ARRAY(
  WITH plain AS (
    SELECT c.ctid, c.priority, c.scheduled_at, c.id
    FROM eram_jobs AS c
    WHERE c.stage = 1 AND c.queue = $1 AND c.worker = ANY ($5) AND c.attempt < c.max_attempts
    ORDER BY c.priority, c.scheduled_at, c.id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
  ), pinned AS (
    SELECT p.ctid, p.priority, p.scheduled_at, p.id
    FROM unnest($7::text[], $8::text[]) AS pin(rule, version)
    CROSS JOIN LATERAL (
      SELECT c.ctid, c.priority, c.scheduled_at, c.id
      FROM eram_jobs AS c
      WHERE
        c.stage = 3 AND c.queue = $1 AND c.version_rule = pin.rule AND c.version = pin.version
        AND c.worker = ANY ($5) AND c.attempt < c.max_attempts
      ORDER BY c.priority, c.scheduled_at, c.id
      LIMIT $2
      FOR UPDATE SKIP LOCKED
    ) AS p
  )
  SELECT w.ctid
  FROM (SELECT * FROM plain UNION ALL SELECT * FROM pinned) AS w
  ORDER BY w.priority, w.scheduled_at, w.id
  LIMIT $2
))
RETURNING
  j.id, j.worker, j.queue, j.attempt, j.max_attempts, j.priority, j.args, j.meta, j.tags, j.errors,
  j.inserted_at, j.scheduled_at, j.attempted_at, j.timeout, j.backoff, j.crashes
