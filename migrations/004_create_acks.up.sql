-- Acks write the outcomes of attempts, fenced by the claim: a row that was rescued, cancelled or
-- claimed again in the meantime stays untouched. The engine calls these functions in batches; a job
-- with `transaction: true` calls one as the last statement of its transaction, so that outcome and
-- effects commit together or not at all.
--
-- lock_timeout: one locked row must not hold up the other acks for longer. Times are
-- clock_timestamp(), because the transaction may have begun long ago. Rows are found by primary key
-- and hash-joined with their acks, regardless of statistics. Hence the redundant condition on the
-- id and the enable_… settings: without them the planner was seen to scan the whole array of acks
-- for each row, when statistics said that almost no job is executing.

-- The most common ack: success with no result. Returns how many claims still held. Changes only
-- state and completed_at, which no index covers: a HOT update. Jobs claimed by one fetch share
-- attempted_at and producer, so acks come grouped by claim: counts has the number of ids per claim,
-- in order. Nothing has to be matched row by row.
CREATE FUNCTION eram_complete_jobs(ids bigint[], counts integer[], claimed_at timestamptz[], producers uuid[]) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '2s'
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  first integer := 1;
  claimed timestamptz;
  producer text;
  these bigint[];
  done bigint;
  written bigint := 0;
BEGIN
  FOR i IN 1..coalesce(cardinality(counts), 0) LOOP
    these := ids[first:first + counts[i] - 1];
    claimed := claimed_at[i];
    producer := producers[i]::text;
    UPDATE eram_jobs AS j
    SET state = 'completed', completed_at = clock_timestamp()
    WHERE j.id = ANY (these) AND j.state = 'executing' AND j.attempted_at = claimed AND j.attempted_by[2] = producer;
    GET DIAGNOSTICS done = ROW_COUNT;
    written := written + done;
    first := first + counts[i];
  END LOOP;
  RETURN written;
END
$$;

-- All other acks: results, failures, cancels, snoozes, releases. Returns those whose claim still
-- held. A cancel requested in the meantime wins over any outcome that would run the job again.
CREATE FUNCTION eram_ack_jobs(
  ids bigint[], claimed_at timestamptz[], producers uuid[], states text[], delays double precision[], failures text[],
  results text[], attempt_deltas integer[], crash_counts integer[], counts text[]
)
RETURNS TABLE (acked bigint, became text)
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '2s'
SET enable_hashjoin = on SET enable_nestloop = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
  RETURN QUERY
  UPDATE eram_jobs AS j
  SET
    state = CASE
      WHEN j.cancel_requested_at IS NOT NULL AND a.state IN ('available', 'scheduled', 'retryable') THEN 'cancelled'
      ELSE a.state
    END::eram_job_state,
    attempt = greatest(j.attempt + a.attempt_delta, 0),
    scheduled_at = CASE WHEN a.delay IS NULL THEN j.scheduled_at ELSE clock_timestamp() + make_interval(secs => a.delay) END,
    completed_at = CASE WHEN a.state = 'completed' THEN clock_timestamp() ELSE j.completed_at END,
    discarded_at = CASE WHEN a.state = 'discarded' THEN clock_timestamp() ELSE j.discarded_at END,
    cancelled_at = CASE
      WHEN a.state = 'cancelled' THEN clock_timestamp()
      WHEN j.cancel_requested_at IS NOT NULL AND a.state IN ('available', 'scheduled', 'retryable') THEN clock_timestamp()
      ELSE j.cancelled_at
    END,
    crashes = j.crashes + a.crashes,
    result = coalesce(a.result::jsonb, j.result),
    errors = CASE
      WHEN a.error IS NULL THEN j.errors
      -- Keeps the newest twenty.
      ELSE j.errors[greatest(1, cardinality(j.errors) - 18):]
        || (a.error::jsonb || jsonb_build_object(
          'attempt', j.attempt, 'at', clock_timestamp(), 'attempted_at', j.attempted_at, 'attempted_by', to_jsonb(j.attempted_by)))
    END,
    -- counts: numbers are added to those in meta, other values replace them.
    meta = CASE
      WHEN a.counts IS NULL THEN j.meta
      ELSE j.meta || (
        SELECT jsonb_object_agg(c.key, CASE jsonb_typeof(c.value)
          WHEN 'number' THEN to_jsonb(c.value::numeric + CASE jsonb_typeof(j.meta->c.key) WHEN 'number' THEN (j.meta->c.key)::numeric ELSE 0 END)
          ELSE c.value END)
        FROM jsonb_each(a.counts::jsonb) AS c)
    END
  FROM unnest(ids, claimed_at, producers, states, delays, failures, results, attempt_deltas, crash_counts, counts)
    AS a(id, attempted_at, producer, state, delay, error, result, attempt_delta, crashes, counts)
  WHERE
    j.id = a.id
    AND j.id = ANY (ids)
    AND j.state = 'executing'
    AND j.attempted_at = a.attempted_at
    AND j.attempted_by[2] = a.producer::text
  RETURNING j.id, j.state::text;
END
$$;

-- One ack as JSON, in the form that every database library can call: takes and returns one text.
-- Returns the job's new state, or 'lost' if the claim no longer holds; the transaction must then
-- roll back.
CREATE FUNCTION eram_ack_job(ack text) RETURNS text
LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT coalesce((
    SELECT s.became
    FROM
      jsonb_to_record(ack::jsonb) AS a(
        id bigint, attempted_at bigint, producer uuid, state text, delay double precision, error text, result text,
        attempt_delta integer, crashes integer, counts text),
      eram_ack_jobs(
        -- Microseconds since 1970.
        ARRAY[a.id], ARRAY['epoch'::timestamptz + a.attempted_at * interval '1 microsecond'], ARRAY[a.producer], ARRAY[a.state],
        ARRAY[a.delay], ARRAY[a.error], ARRAY[a.result], ARRAY[a.attempt_delta], ARRAY[a.crashes], ARRAY[a.counts]) AS s
  ), 'lost')
$$;
