-- The executing jobs of producers that were declared lost and, of the next $3 jobs after id $2, those
-- whose attempt began more than $1 seconds from now, for a producer that has no row; without $4. The
-- conditions are those of rescue_jobs.sql.
SELECT c.id, c.queue, c.worker
FROM eram_lost_producers AS l
JOIN eram_jobs AS c ON
  c.state OPERATOR(pg_catalog.=) 'executing' AND c.attempted_at >= (SELECT pg_catalog.min(o.oldest_at) FROM eram_lost_producers AS o) AND c.attempted_by[2] = l.uuid::text
WHERE c.id <> ALL ($4::bigint[])
UNION
SELECT c.id, c.queue, c.worker
FROM (SELECT p.* FROM eram_jobs AS p WHERE p.id > $2 ORDER BY p.id LIMIT $3) AS c
WHERE
  c.state OPERATOR(pg_catalog.=) 'executing'
  AND c.attempted_at NOT BETWEEN now() - pg_catalog.make_interval(secs => $1) AND now() + pg_catalog.make_interval(secs => $1)
  AND c.attempted_at NOT BETWEEN now() - pg_catalog.make_interval(secs => coalesce(c.timeout, 0)::numeric / 1000.0)
    AND now() + pg_catalog.make_interval(secs => coalesce(c.timeout, 0)::numeric / 1000.0)
  AND NOT EXISTS (SELECT FROM eram_producers AS p WHERE p.uuid::text = c.attempted_by[2])
  AND c.id <> ALL ($4)
