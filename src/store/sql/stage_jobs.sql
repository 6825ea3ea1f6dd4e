-- Makes up to $1 due jobs available, oldest first; returns the queues that got some, and the
-- discarded jobs. With $2, stages every waiting job of that queue, due or not. A job that another
-- transaction has locked is left for the next round. Staging of due jobs is only for the leader,
-- whose lease is [$3, $4, $5]. Leaves out the jobs $6, and with $7 stages only those.
-- A unique job whose key another job has taken in the meantime (a failed job need not hold its key
-- while it waits) is discarded, with the reason, so that it does not block the others. Of two such
-- jobs that are due together, the older one is staged.
WITH due AS (
  SELECT c.id, c.unique_slot, CASE WHEN 'available' OPERATOR(pg_catalog.=) ANY (c.unique_states) THEN c.unique_key END AS wanted_slot
  FROM eram_jobs AS c
  WHERE
    c.stage = 2
    AND c.scheduled_at <= CASE WHEN $2::text IS NULL THEN now() ELSE 'infinity'::timestamptz END
    AND ($2::text IS NULL OR c.queue = $2)
    AND (SELECT eram_holds_lease($3, $4, $5))
    AND c.id <> ALL ($6::bigint[]) AND ($7::bigint[] IS NULL OR c.id = ANY ($7))
  ORDER BY c.scheduled_at, c.id
  LIMIT $1
  FOR UPDATE SKIP LOCKED
), judged AS (
  SELECT
    due.id,
    CASE
      WHEN due.wanted_slot IS NULL OR due.unique_slot IS NOT NULL THEN NULL
      ELSE coalesce(
        (SELECT o.id FROM eram_jobs AS o WHERE o.unique_slot = due.wanted_slot),
        nullif(pg_catalog.first_value(due.id) OVER (PARTITION BY due.wanted_slot ORDER BY due.id), due.id))
    END AS rival
  FROM due
), staged AS (
  UPDATE eram_jobs AS j
  SET
    state = CASE WHEN judged.rival IS NULL THEN 'available' ELSE 'discarded' END::eram_job_state,
    discarded_at = CASE WHEN judged.rival IS NULL THEN j.discarded_at ELSE now() END,
    errors = CASE
      WHEN judged.rival IS NULL THEN j.errors
      ELSE pg_catalog.array_append(j.errors[greatest(1, pg_catalog.cardinality(j.errors) - 18):], pg_catalog.jsonb_build_object(
        'attempt', j.attempt, 'at', now(), 'kind', 'discarded', 'name', 'UniqueConflict',
        'message', pg_catalog.format('job %s has taken the unique key of this one', judged.rival)))
    END
  FROM judged
  WHERE j.id = judged.id
  RETURNING j.id, j.worker, j.queue, j.attempt, j.errors[pg_catalog.cardinality(j.errors)] AS error, judged.rival
)
SELECT
  s.queue,
  count(*) FILTER (WHERE s.rival IS NULL) AS jobs,
  coalesce(
    pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'job', pg_catalog.jsonb_build_object('id', s.id, 'worker', s.worker, 'queue', s.queue, 'attempt', s.attempt, 'state', 'discarded'),
      'error', s.error)) FILTER (WHERE s.rival IS NOT NULL),
    '[]')::text AS discarded
FROM staged AS s
GROUP BY s.queue
