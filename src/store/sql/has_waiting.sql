-- Whether a job waits in queue $1 that one of the workers $3 could run now: a plain job, or one
-- that is pinned to one of the versions $5 by the rules $4. With $2, jobs that are not yet due
-- count too.
SELECT EXISTS (
  SELECT FROM eram_jobs AS c
  WHERE c.stage = 1 AND c.queue = $1 AND c.worker = ANY ($3) AND c.attempt < c.max_attempts
) OR EXISTS (
  SELECT FROM unnest($4::text[], $5::text[]) AS pin(rule, version)
  JOIN eram_jobs AS c
    ON c.stage = 3 AND c.queue = $1 AND c.version_rule = pin.rule AND c.version = pin.version
    AND c.worker = ANY ($3) AND c.attempt < c.max_attempts
) OR ($2 AND EXISTS (
  SELECT FROM eram_jobs AS c
  WHERE
    c.stage = 2 AND c.queue = $1 AND c.worker = ANY ($3) AND c.attempt < c.max_attempts
    AND (c.version_rule IS NULL OR (c.version_rule, c.version) IN (SELECT * FROM unnest($4::text[], $5::text[])))
)) AS waiting
