-- Whether a job waits in queue $1 that one of the workers $3 could run now: a plain job, or one
-- that is pinned to one of the versions $5 by the rules $4. With $2, jobs that are not yet due
-- count too; the jobs $6 do not.
SELECT EXISTS (
  SELECT FROM eram_jobs AS c
  -- The index alone shows the worker; other rows are not read.
  WHERE c.stage = 1 AND c.queue = $1 AND c.worker = ANY ($3) AND c.id <> ALL ($6::bigint[])
    AND (SELECT j.attempt < j.max_attempts FROM eram_jobs AS j WHERE j.id = c.id)
) OR EXISTS (
  SELECT FROM unnest($4::text[], $5::text[]) AS pin(rule, version)
  JOIN eram_jobs AS c
    ON c.stage = 3 AND c.queue = $1 AND c.version_rule = pin.rule AND c.version = pin.version
    AND c.worker = ANY ($3) AND c.id <> ALL ($6) AND (SELECT j.attempt < j.max_attempts FROM eram_jobs AS j WHERE j.id = c.id)
) OR ($2 AND EXISTS (
  SELECT FROM eram_jobs AS c
  WHERE
    c.stage = 2 AND c.queue = $1 AND c.worker = ANY ($3) AND c.attempt < c.max_attempts AND c.id <> ALL ($6)
    AND (c.version_rule IS NULL OR (c.version_rule, c.version) IN (SELECT * FROM unnest($4::text[], $5::text[])))
)) AS waiting
