-- Acks write the outcomes of attempts, fenced by the claim: a row that was rescued, cancelled or
-- claimed again in the meantime stays untouched. The engine calls these functions in batches; a job
-- with `transaction: true` calls one as the last statement of its transaction, so that outcome and
-- effects commit together or not at all.
--
-- lock_timeout: one locked row must not hold up the other acks for longer. Times are
-- clock_timestamp(), because the transaction may have begun long ago. Rows are found by primary key
-- and hash-joined with their acks, regardless of statistics. Hence the redundant condition on the
-- id and the enable_* settings: without them the planner was seen to scan the whole array of acks
-- for each row, when statistics said that almost no job is executing.

-- The most common ack: success with no result. Returns how many claims still held. Changes only
-- state and completed_at, which no index covers: a HOT update. Jobs claimed by one fetch share
-- attempted_at and producer, so acks come grouped by claim: counts has the number of ids per claim,
-- in order. Nothing has to be matched row by row.
CREATE FUNCTION eram_complete_jobs(ids bigint[], counts integer[], claimed_at timestamptz[], producers uuid[]) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '2s'
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
  first integer := 1;
  claimed timestamptz;
  producer text;
  these bigint[];
  done bigint;
  written bigint := 0;
BEGIN
  FOR i IN 1..coalesce(pg_catalog.cardinality(counts), 0) LOOP
    these := ids[first:first + counts[i] - 1];
    claimed := claimed_at[i];
    producer := producers[i]::text;
    UPDATE eram_jobs AS j
    SET state = 'completed', completed_at = clock_timestamp()
    WHERE j.id = ANY (these) AND j.state OPERATOR(pg_catalog.=) 'executing' AND j.attempted_at = claimed AND j.attempted_by[2] = producer;
    GET DIAGNOSTICS done = ROW_COUNT;
    written := written + done;
    first := first + counts[i];
  END LOOP;
  RETURN written;
END
$$;
