-- The rows of $1 seconds that up to $6 roll-ups of $2 seconds are to be made of: those of buckets that
-- begin from $3 on and before $4 whose roll-up is missing, or was made of fewer rows. A roll-up before
-- $5 is not made again, because some of its rows may have been deleted. Of the engines of the lease's
-- name $7, and of those whose name has no leader. Sums of ten seconds are left out.
WITH finer AS (
  SELECT
    c.name,
    pg_catalog.to_timestamp(pg_catalog.floor(extract(epoch FROM c.bucket)::double precision / $2::smallint::double precision) * $2::smallint::double precision) AS bucket,
    pg_catalog.sum(CASE WHEN $1 = 10 THEN 1 ELSE (c.data->>'rows'::text)::bigint END) AS rows
  FROM eram_metrics AS c
  WHERE
    c.step = $1 AND c.bucket >= $3 AND c.bucket < $4 AND c.boot <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    AND (c.name = $7 OR c.name NOT IN (SELECT p.name FROM eram_peers AS p WHERE p.expires_at > pg_catalog.now()))
  GROUP BY 1, 2
), stale AS MATERIALIZED (
  SELECT f.name, f.bucket
  FROM finer AS f
  LEFT JOIN eram_metrics AS r ON
    r.step = $2::smallint AND r.bucket = f.bucket AND r.name = f.name AND r.node = '*'
    AND r.boot = '00000000-0000-0000-0000-000000000000'
  WHERE r.step IS NULL OR (f.bucket >= $5 AND f.rows > (r.data->>'rows'::text)::numeric)
  ORDER BY f.bucket
  LIMIT $6
)
SELECT s.bucket AS roll_up, m.bucket, m.name, m.node, m.data
FROM stale AS s
JOIN eram_metrics AS m ON
  m.step = $1 AND m.bucket >= s.bucket AND m.bucket < s.bucket + pg_catalog.make_interval(secs => $2::smallint) AND m.name = s.name
  AND m.boot <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'
ORDER BY s.bucket, m.name, m.bucket, m.node, m.boot
