-- The next $2 jobs of queue $1 that a fetch for the workers $3 would claim, plain or pinned to one of
-- the rules $4 and versions $5; without $6.
SELECT w.id, w.queue, w.worker
FROM (
  (
    SELECT c.id, c.queue, c.worker, c.priority, c.scheduled_at
    FROM eram_jobs AS c
    WHERE
      c.stage = 1 AND c.queue = $1 AND c.worker = ANY ($3::text[]) AND c.attempt < c.max_attempts AND c.id <> ALL ($6::bigint[])
    ORDER BY c.priority, c.scheduled_at, c.id
    LIMIT $2
  )
  UNION ALL
  (
    SELECT p.id, p.queue, p.worker, p.priority, p.scheduled_at
    FROM unnest($4::text[], $5::text[]) AS pin(rule, version)
    CROSS JOIN LATERAL (
      SELECT c.id, c.queue, c.worker, c.priority, c.scheduled_at
      FROM eram_jobs AS c
      WHERE
        c.stage = 3 AND c.queue = $1 AND c.version_rule = pin.rule AND c.version = pin.version
        AND c.worker = ANY ($3) AND c.attempt < c.max_attempts AND c.id <> ALL ($6)
      ORDER BY c.priority, c.scheduled_at, c.id
      LIMIT $2
    ) AS p
  )
) AS w
ORDER BY w.priority, w.scheduled_at, w.id
LIMIT $2
