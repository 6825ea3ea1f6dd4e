SELECT
  EXISTS (SELECT FROM eram_jobs AS c WHERE c.stage = 1 AND c.queue = $1)
  OR ($2 AND EXISTS (SELECT FROM eram_jobs AS c WHERE c.stage = 2 AND c.queue = $1)) AS waiting
