-- The names of job classes, of nodes and of cron entries, up to $1 of each.
SELECT
  ARRAY(
    SELECT w.worker FROM (SELECT c.worker FROM eram_workers AS c UNION SELECT u.worker FROM eram_producers AS p CROSS JOIN LATERAL pg_catalog.unnest(p.workers) AS u(worker)) AS w
    ORDER BY 1 LIMIT $1::bigint
  ) AS workers,
  ARRAY(SELECT DISTINCT p.node FROM eram_producers AS p ORDER BY 1 LIMIT $1::bigint) AS nodes,
  ARRAY(SELECT c.name FROM eram_crons AS c ORDER BY 1 LIMIT $1::bigint) AS crons
