-- The rows of $1 seconds whose buckets begin from $2 on and before $3, in the order of time; with $4
-- only those of the whole cluster. Unless $5, the sum of what the nodes counted in ten seconds stands
-- for their rows, if it was made of all of them.
WITH sums AS MATERIALIZED (
  SELECT s.bucket, s.name, s.data
  FROM eram_metrics AS s
  WHERE
    s.step = $1 AND s.bucket >= $2 AND s.bucket < $3 AND s.boot = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    AND NOT ($4 OR $5)
    AND (s.data->>'rows'::text)::bigint = (
      SELECT count(*) FROM eram_metrics AS c
      WHERE c.step = $1 AND c.bucket = s.bucket AND c.name = s.name AND c.node <> '*'
    )
)
SELECT m.bucket, m.name, m.node, m.data
FROM eram_metrics AS m
WHERE
  m.step = $1 AND m.bucket >= $2 AND m.bucket < $3 AND m.boot <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'
  AND (
    m.node = '*'
    OR NOT ($4 OR (m.bucket, m.name) IN (SELECT s.bucket, s.name FROM sums AS s))
  )
UNION ALL
SELECT s.bucket, s.name, '*', s.data FROM sums AS s
ORDER BY 1
