-- Seconds until the next scheduled or retryable job is due (0 or less: now); null if there is none.
SELECT extract(epoch FROM min(c.scheduled_at) - clock_timestamp())::double precision AS seconds
FROM eram_jobs AS c
WHERE c.stage = 2
