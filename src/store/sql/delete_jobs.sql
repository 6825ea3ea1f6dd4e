-- A running job is never deleted: cancel it first.
WITH target AS (
  SELECT c.id
  FROM eram_jobs AS c
  WHERE c.state OPERATOR(pg_catalog.<>) 'executing' AND true /* filter */
  ORDER BY c.id
  FOR UPDATE
)
DELETE FROM eram_jobs AS j
USING target
WHERE j.id = target.id
RETURNING j.id, j.queue, j.worker, j.state::text AS previous, 'deleted' AS state
