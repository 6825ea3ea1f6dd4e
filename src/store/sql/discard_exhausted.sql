-- Discards up to $1 available jobs without an attempt left, which no fetch would ever claim; only
-- statements of other programs create such jobs. Only for the leader, whose lease is [$2, $3, $4].
-- Leaves out the jobs $5, and with $6 discards only those.
UPDATE eram_jobs AS j
SET
  state = 'discarded',
  discarded_at = now(),
  errors = pg_catalog.array_append(j.errors[greatest(1, pg_catalog.cardinality(j.errors) - 18):], pg_catalog.jsonb_build_object(
    'attempt', j.attempt, 'at', now(), 'kind', 'discarded', 'name', 'AttemptsExhausted',
    'message', pg_catalog.format('the job was available after attempt %s of %s', j.attempt, j.max_attempts)))
WHERE j.ctid = ANY (ARRAY(
  SELECT c.ctid
  FROM eram_jobs AS c
  WHERE c.stage IN (1, 3) AND c.attempt >= c.max_attempts AND (SELECT eram_holds_lease($2, $3, $4))
    AND c.id <> ALL ($5::bigint[]) AND ($6::bigint[] IS NULL OR c.id = ANY ($6))
  ORDER BY c.id
  LIMIT $1
  FOR UPDATE SKIP LOCKED
))
RETURNING
  pg_catalog.jsonb_build_object(
    'job', pg_catalog.jsonb_build_object('id', j.id, 'worker', j.worker, 'queue', j.queue, 'attempt', j.attempt, 'state', 'discarded'),
    'error', j.errors[pg_catalog.cardinality(j.errors)])::text AS discarded
