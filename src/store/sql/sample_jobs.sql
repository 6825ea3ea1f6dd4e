-- Of the $1 newest jobs, those that meet the conditions, newest first, up to $2. Documents that are larger than $3 bytes are left
-- out.
WITH edge AS MATERIALIZED (
  SELECT coalesce((SELECT e.id FROM eram_jobs AS e ORDER BY e.id DESC OFFSET $1 LIMIT 1), -9223372036854775808) AS id
)
SELECT
  f.queue, f.worker, f.node, f.tags,
  CASE WHEN pg_catalog.pg_column_size(f.args) <= $3::integer THEN f.args::text END AS args,
  CASE WHEN pg_catalog.pg_column_size(f.meta) <= $3::integer THEN f.meta::text END AS meta
FROM edge
CROSS JOIN LATERAL (
  SELECT c.queue, c.worker, c.attempted_by[1] AS node, c.tags, c.args, c.meta
  FROM eram_jobs AS c
  WHERE c.id > edge.id AND true /* search */
  ORDER BY c.id DESC
  LIMIT $2
) AS f
