-- Frees the jobs of those producers $3 that have sent no heartbeat for $1 seconds, and deletes
-- their rows, in one step: a producer that returns finds its row gone and its claims void. With $2
-- it also frees
--   jobs that recently deleted producers still hold: a row was locked (by the job's own
--   transaction, for instance), or one of their claims was committed late;
--   of the next $5 jobs after id $4, those that have been executing for more than $2 seconds (and
--   longer than their own timeout) for a producer that has no row. It follows the primary key,
--   because no index covers executing jobs; `last` is where to continue, null at the end.
-- Locked rows are left for the next time. A job whose producer is alive is never touched, however
-- long it runs. A job without an attempt left is discarded, a job with a requested cancel is
-- cancelled; the lost attempt is recorded. Of the jobs, leaves out $9, and with $10 frees only those.
-- Only for the leader, whose lease is [$6, $7, $8].
WITH gone AS (
  DELETE FROM eram_producers AS p
  WHERE p.uuid IN (
    SELECT c.uuid FROM eram_producers AS c
    WHERE
      c.uuid = ANY ($3::uuid[])
      AND (SELECT eram_holds_lease($6, $7, $8))
      -- The caller has seen no heartbeat for as long. A time in the future tells nothing: the clock has
      -- stepped back. Nor does one that stands still.
      AND (
        c.updated_at < pg_catalog.now() - pg_catalog.make_interval(secs => $1) OR c.updated_at >= pg_catalog.now()
        OR pg_catalog.clock_timestamp() = pg_catalog.now()
      )
      -- No heartbeat was possible while the server was down.
      AND (
        pg_postmaster_start_time() NOT BETWEEN pg_catalog.now() - pg_catalog.make_interval(secs => $1) AND pg_catalog.now()
        OR pg_catalog.clock_timestamp() = pg_catalog.now()
      )
    ORDER BY c.updated_at
    FOR UPDATE SKIP LOCKED
  )
  -- What it claimed after a step back is older than its last heartbeat says, whose time a call of
  -- eram_rouse may have set back.
  RETURNING
    p.uuid, p.node,
    CASE
      WHEN p.updated_at >= pg_catalog.now() OR p.oldest_at > p.updated_at
        THEN least(p.oldest_at, pg_catalog.now() - interval '1 hour')
      ELSE p.oldest_at
    END AS oldest_at
), remembered AS (
  INSERT INTO eram_lost_producers (uuid, node, oldest_at) SELECT gone.uuid, gone.node, gone.oldest_at FROM gone
), forgotten AS (
  DELETE FROM eram_lost_producers AS l
  WHERE $2::double precision IS NOT NULL AND (SELECT eram_holds_lease($6, $7, $8)) AND l.lost_at < pg_catalog.now() - interval '10 minutes'
), lost AS (
  SELECT gone.uuid::text AS uuid, gone.node, gone.oldest_at FROM gone
  UNION ALL
  SELECT l.uuid::text, l.node, l.oldest_at FROM eram_lost_producers AS l
  WHERE $2::double precision IS NOT NULL AND (SELECT eram_holds_lease($6, $7, $8))
), held AS (
  SELECT c.id, c.attempted_at, pg_catalog.format('node %s was lost while the job ran', lost.node) AS message
  FROM lost
  JOIN eram_jobs AS c ON
    c.state OPERATOR(pg_catalog.=) 'executing' AND c.attempted_at >= (SELECT pg_catalog.min(l.oldest_at) FROM lost AS l) AND c.attempted_by[2] = lost.uuid
    AND c.id <> ALL ($9::bigint[]) AND ($10::bigint[] IS NULL OR c.id = ANY ($10::bigint[]))
  FOR NO KEY UPDATE OF c SKIP LOCKED
), page AS MATERIALIZED (
  SELECT c.id FROM eram_jobs AS c
  WHERE $2::double precision IS NOT NULL AND c.id > $4::bigint
  ORDER BY c.id
  LIMIT $5::bigint
), bounds AS MATERIALIZED (
  SELECT pg_catalog.max(p.id) AS last, count(*) AS looked_at FROM page AS p
), stray AS (
  SELECT c.id, c.attempted_at, 'the producer of the job was lost while the job ran' AS message
  FROM eram_jobs AS c
  WHERE
    c.id > $4 AND c.id <= (SELECT b.last FROM bounds AS b)
    AND c.state OPERATOR(pg_catalog.=) 'executing'
    -- Not an indexable condition, because the index would not help here.
    AND c.attempted_at + interval '0' NOT BETWEEN now() - pg_catalog.make_interval(secs => $2) AND now() + pg_catalog.make_interval(secs => $2)
    AND c.attempted_at + interval '0' NOT BETWEEN now() - pg_catalog.make_interval(secs => coalesce(c.timeout, 0)::numeric / 1000.0)
      AND now() + pg_catalog.make_interval(secs => coalesce(c.timeout, 0)::numeric / 1000.0)
    AND (SELECT eram_holds_lease($6, $7, $8))
    AND NOT EXISTS (SELECT FROM eram_producers AS p WHERE p.uuid::text = c.attempted_by[2])
    AND NOT EXISTS (SELECT FROM lost WHERE lost.uuid = c.attempted_by[2])
    AND c.id <> ALL ($9) AND ($10 IS NULL OR c.id = ANY ($10))
  FOR NO KEY UPDATE OF c SKIP LOCKED
), orphan AS (
  SELECT * FROM held UNION ALL SELECT * FROM stray
), freed AS (
  UPDATE eram_jobs AS j
  SET
    state = CASE
      WHEN j.cancel_requested_at IS NOT NULL THEN 'cancelled'
      WHEN j.attempt >= j.max_attempts THEN 'discarded'
      ELSE 'available'
    END::eram_job_state,
    cancelled_at = CASE WHEN j.cancel_requested_at IS NOT NULL THEN now() ELSE j.cancelled_at END,
    discarded_at = CASE WHEN j.cancel_requested_at IS NULL AND j.attempt >= j.max_attempts THEN now() ELSE j.discarded_at END,
    errors = pg_catalog.array_append(j.errors[greatest(1, pg_catalog.cardinality(j.errors) - 18):], pg_catalog.jsonb_build_object(
      'attempt', j.attempt, 'at', now(), 'kind', 'lost', 'name', 'JobLost', 'message', orphan.message,
      'attempted_at', j.attempted_at, 'attempted_by', pg_catalog.to_jsonb(j.attempted_by))),
    crashes = j.crashes + 1,
    meta = j.meta || pg_catalog.jsonb_build_object(
      'rescued', 1::numeric + CASE pg_catalog.jsonb_typeof(j.meta->'rescued'::text) WHEN 'number' THEN (j.meta->'rescued'::text)::numeric ELSE 0 END)
  FROM orphan
  -- Checked again on the current row: the job may have been acked, and even claimed again, since.
  WHERE j.id = orphan.id AND j.attempted_at = orphan.attempted_at AND j.state OPERATOR(pg_catalog.=) 'executing'
  RETURNING
    j.id, j.queue, j.worker, j.attempt, j.state::text AS state, j.attempted_at, j.attempted_by, j.errors[pg_catalog.cardinality(j.errors)] AS error
), recorded AS (
  INSERT INTO eram_attempts (job_id, nth, attempt, status, started_at, ended_at, attempted_by, error)
  SELECT f.id, eram_next_attempt(f.id), f.attempt, 'rescued', f.attempted_at, now(), f.attempted_by, f.error FROM freed AS f
)
SELECT CASE WHEN b.looked_at = $5 THEN b.last END AS last, f.id, f.queue, f.worker, f.attempt, f.state
FROM bounds AS b
LEFT JOIN freed AS f ON true
