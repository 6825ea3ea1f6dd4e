-- The jobs that $1 has claimed by the database, except those $2 that it knows.
SELECT j.id, j.queue, j.worker
FROM eram_jobs AS j
JOIN eram_producers AS p ON p.uuid = $1::uuid
WHERE
  j.state OPERATOR(pg_catalog.=) 'executing'
  AND j.attempted_at >= p.started_at
  AND j.attempted_by[2] = p.uuid::text
  AND j.id <> ALL ($2::bigint[])
