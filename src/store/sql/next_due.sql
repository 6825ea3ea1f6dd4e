-- Seconds until the next scheduled or retryable job is due (0 or less: now), those of $1 left out; no
-- row if there is none. Within a day of now, because an infinite time cannot be subtracted.
SELECT extract(epoch FROM least(greatest(n.due_at, clock_timestamp() - interval '1 day'), clock_timestamp() + interval '1 day')
  - clock_timestamp())::double precision AS seconds
FROM (
  SELECT pg_catalog.min(c.scheduled_at) AS due_at FROM eram_jobs AS c WHERE c.stage = 2 AND c.id <> ALL ($1::bigint[])
) AS n
WHERE n.due_at IS NOT NULL
