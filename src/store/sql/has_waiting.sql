-- Whether a job waits in queue $1 that one of the workers $3 could run now; with $2 also one that is not due yet.
SELECT EXISTS (
  SELECT FROM eram_jobs AS c
  WHERE c.stage = 1 AND c.queue = $1 AND c.worker = ANY ($3) AND c.attempt < c.max_attempts
) OR ($2 AND EXISTS (
  SELECT FROM eram_jobs AS c
  WHERE c.stage = 2 AND c.queue = $1 AND c.worker = ANY ($3) AND c.attempt < c.max_attempts
)) AS waiting
