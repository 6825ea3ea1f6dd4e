-- Of these jobs, those that execute and whose cancellation was requested.
SELECT j.id FROM eram_jobs AS j
WHERE j.id = ANY ($1::bigint[]) AND j.state OPERATOR(pg_catalog.=) 'executing' AND j.cancel_requested_at IS NOT NULL
