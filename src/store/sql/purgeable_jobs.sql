-- The jobs that the next batch of a purge takes, by the rules of purge_jobs: $1 queue, $2 stage, $3
-- the highest id, ($4, $5) the cursor of stage 2, $6 how many, and without $7.
(
  SELECT c.id, c.queue, c.worker
  FROM eram_jobs AS c
  -- With + 0, the planner does not use the primary key.
  WHERE $2 <> 2 AND c.stage = $2 AND c.queue = $1 AND c.id + 0 <= $3 AND c.id + 0 <> ALL ($7::bigint[])
  LIMIT $6
)
UNION ALL
(
  SELECT c.id, c.queue, c.worker
  FROM eram_jobs AS c
  WHERE
    $2 = 2 AND c.stage = 2 AND c.queue = $1 AND c.id <= $3 AND (c.scheduled_at, c.id) > ($4::timestamptz, $5::bigint)
    AND c.id <> ALL ($7::bigint[])
  ORDER BY c.scheduled_at, c.id
  LIMIT $6
)
