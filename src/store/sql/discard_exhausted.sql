-- Discards up to $1 available jobs without an attempt left, which no fetch would ever claim; only
-- statements of other programs create such jobs. Only for the leader, whose lease is [$2, $3, $4].
UPDATE eram_jobs AS j
SET
  state = 'discarded',
  discarded_at = now(),
  errors = j.errors[greatest(1, cardinality(j.errors) - 18):] || jsonb_build_object(
    'attempt', j.attempt, 'at', now(), 'kind', 'discarded', 'name', 'AttemptsExhausted',
    'message', format('the job was available after attempt %s of %s', j.attempt, j.max_attempts))
WHERE j.ctid = ANY (ARRAY(
  SELECT c.ctid
  FROM eram_jobs AS c
  WHERE c.stage IN (1, 3) AND c.attempt >= c.max_attempts AND (SELECT eram_holds_lease($2, $3, $4))
  ORDER BY c.id
  LIMIT $1
  FOR UPDATE SKIP LOCKED
))
RETURNING
  jsonb_build_object(
    'job', jsonb_build_object('id', j.id, 'worker', j.worker, 'queue', j.queue, 'attempt', j.attempt, 'state', 'discarded'),
    'error', j.errors[cardinality(j.errors)])::text AS discarded
