-- What attempts leave behind, and the acks that write it.

-- The history of jobs: a row per attempt that is not a plain success, written by the statement that
-- writes its end, under the same fence. The success without logs has none: it is in the row of its
-- job. No foreign key, because it would make every claim and ack check whether it changes the key;
-- triggers delete the history with its job.
CREATE TABLE eram_attempts (
  job_id bigint NOT NULL,
  -- Numbers the rows of a job. Attempts that do not count, such as snoozes, share an attempt number.
  nth integer NOT NULL,
  attempt integer NOT NULL,
  status text NOT NULL,
  -- The claim, and the ack.
  started_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  attempted_by text[],
  -- The thread or process that ran it, null if none did.
  isolate text,
  error jsonb,
  logs jsonb,
  PRIMARY KEY (job_id, nth),
  CONSTRAINT eram_attempts_status CHECK (
    status IN ('success', 'failure', 'discard', 'cancelled', 'snoozed', 'released', 'rescued'))
);

-- Read by the grouping of failures: the newest failed attempts. Other attempts have no entry.
CREATE INDEX eram_attempts_failed_index ON eram_attempts (ended_at, job_id, nth) WHERE status IN ('failure', 'discard', 'rescued');

-- The first line of the message of an error, with placeholders for what differs from one job to the next:
-- ids, quoted texts, hexadecimal and other numbers. Uses no object of the schema and therefore needs no search_path.
CREATE FUNCTION eram_failure_line(message text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT pg_catalog.left(
    pg_catalog.regexp_replace(
      pg_catalog.regexp_replace(
        pg_catalog.regexp_replace(
          pg_catalog.regexp_replace(
            pg_catalog.left(pg_catalog.split_part(message, E'\n', 1), 500),
            '\m[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\M', '<id>', 'gi'),
          '(?<!\w)''[^'']*''(?!\w)|"[^"]*"|`[^`]*`', '<text>', 'g'),
        '\m(0x[0-9a-f]+|(?=[a-f]*[0-9])[0-9a-f]{8,})\M', '<hex>', 'gi'),
      '[0-9]+([.,:][0-9]+)*', '<n>', 'g'),
    200)
$$;

-- What failures of a class have in common that are alike: 16 hexadecimal digits.
CREATE FUNCTION eram_fingerprint(worker text, line text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(worker || E'\n' || coalesce(line, ''), 'UTF8')), 'hex'), 16)
$$;

-- The progress that a job last reported, overwritten in place.
CREATE TABLE eram_progress (
  job_id bigint PRIMARY KEY,
  attempt integer NOT NULL,
  attempted_at timestamptz NOT NULL,
  value double precision NOT NULL,
  message text,
  reported_at timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);

-- CPU profiles of attempts that were to be profiled.
CREATE TABLE eram_profiles (
  job_id bigint NOT NULL,
  attempt integer NOT NULL,
  -- The claim: started_at of its row in eram_attempts.
  attempted_at timestamptz NOT NULL,
  -- As V8 writes it; null if it was left out, for the reason in note.
  profile text,
  note text,
  PRIMARY KEY (job_id, attempt)
);

-- The number of a job's next row. The caller has locked the row of the job; volatile, so that it sees
-- what was committed while the caller waited for that lock.
CREATE FUNCTION eram_next_attempt(job bigint) RETURNS integer
LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
  SELECT coalesce(pg_catalog.max(a.nth), 0) + 1 FROM eram_attempts AS a WHERE a.job_id = job
$$;

-- Keeps the newest thousand rows of a job: a job may snooze without end.
CREATE FUNCTION eram_trim_attempts() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_nestloop = on SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_seqscan = off SET jit = off AS $$
BEGIN
  IF EXISTS (SELECT FROM added AS n WHERE n.nth > 1000) THEN
    DELETE FROM eram_attempts AS a
    USING added AS n
    WHERE a.job_id = n.job_id AND a.nth = n.nth - 1000;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER eram_attempts_added AFTER INSERT ON eram_attempts REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION eram_trim_attempts();

-- What a job leaves goes with it, however it is deleted. A statement of its own sees also the rows
-- that were committed while the deletion waited for a lock.
CREATE FUNCTION eram_delete_traces() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
DECLARE
  ids bigint[] := ARRAY(SELECT g.id FROM gone AS g);
BEGIN
  DELETE FROM eram_attempts AS a WHERE a.job_id = ANY (ids);
  DELETE FROM eram_progress AS p WHERE p.job_id = ANY (ids);
  DELETE FROM eram_profiles AS p WHERE p.job_id = ANY (ids);
  RETURN NULL;
END
$$;

CREATE TRIGGER eram_jobs_deleted AFTER DELETE ON eram_jobs REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION eram_delete_traces();

CREATE FUNCTION eram_truncate_traces() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  TRUNCATE eram_attempts, eram_progress, eram_profiles;
  RETURN NULL;
END
$$;

CREATE TRIGGER eram_jobs_truncated AFTER TRUNCATE ON eram_jobs FOR EACH STATEMENT EXECUTE FUNCTION eram_truncate_traces();

-- All acks but those of plain successes: results, failures, cancels, snoozes, releases. Returns those
-- whose claim still held. A cancel requested in the meantime wins over any outcome that would run
-- the job again.
CREATE FUNCTION eram_ack_jobs(
  ids bigint[], claimed_at timestamptz[], producers uuid[], states text[], delays double precision[], failures text[],
  results text[], attempt_deltas integer[], crash_counts integer[], counts text[], statuses text[], isolates text[], logs text[]
)
RETURNS TABLE (acked bigint, became text)
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '2s'
SET enable_hashjoin = on SET enable_nestloop = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
BEGIN
  RETURN QUERY
  WITH written AS (
    UPDATE eram_jobs AS j
    SET
      state = CASE
        WHEN j.cancel_requested_at IS NOT NULL AND a.state IN ('available', 'scheduled', 'retryable') THEN 'cancelled'
        ELSE a.state
      END::eram_job_state,
      attempt = greatest(j.attempt + a.attempt_delta, 0),
      scheduled_at = CASE WHEN a.delay IS NULL THEN j.scheduled_at ELSE clock_timestamp() + pg_catalog.make_interval(secs => a.delay) END,
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
        ELSE pg_catalog.array_append(
          j.errors[greatest(1, pg_catalog.cardinality(j.errors) - 18):],
          a.error::jsonb || pg_catalog.jsonb_build_object(
            'attempt', j.attempt, 'at', clock_timestamp(), 'attempted_at', j.attempted_at, 'attempted_by', pg_catalog.to_jsonb(j.attempted_by)))
      END,
      -- counts: numbers are added to those in meta, other values replace them.
      meta = CASE
        WHEN a.counts IS NULL THEN j.meta
        ELSE j.meta || (
          SELECT pg_catalog.jsonb_object_agg(c.key, CASE pg_catalog.jsonb_typeof(c.value)
            WHEN 'number' THEN pg_catalog.to_jsonb(c.value::numeric + CASE pg_catalog.jsonb_typeof(j.meta->c.key) WHEN 'number' THEN (j.meta->c.key)::numeric ELSE 0 END)
            ELSE c.value END)
          FROM pg_catalog.jsonb_each(a.counts::jsonb) AS c)
      END
    FROM unnest(
      ids, claimed_at, producers, states, delays, failures, results, attempt_deltas, crash_counts, counts, statuses, isolates, logs)
      AS a(id, attempted_at, producer, state, delay, error, result, attempt_delta, crashes, counts, status, isolate, logs)
    WHERE
      j.id = a.id
      AND j.id = ANY (ids)
      AND j.state OPERATOR(pg_catalog.=) 'executing'
      AND j.attempted_at = a.attempted_at
      AND j.attempted_by[2] = a.producer::text
    RETURNING
      j.id, j.state, j.attempt - a.attempt_delta AS attempt, a.status, j.attempted_at, j.attempted_by, a.isolate, a.logs,
      CASE WHEN a.error IS NOT NULL THEN j.errors[pg_catalog.cardinality(j.errors)] END AS error
  ), recorded AS (
    INSERT INTO eram_attempts (job_id, nth, attempt, status, started_at, ended_at, attempted_by, isolate, error, logs)
    SELECT
      w.id, eram_next_attempt(w.id), w.attempt, w.status, w.attempted_at, clock_timestamp(), w.attempted_by, w.isolate, w.error,
      w.logs::jsonb
    FROM written AS w
    WHERE w.status <> 'success' OR w.logs IS NOT NULL
  )
  SELECT w.id, w.state::text FROM written AS w;
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
      pg_catalog.jsonb_to_record(ack::jsonb) AS a(
        id bigint, attempted_at bigint, producer uuid, state text, delay double precision, error text, result text,
        attempt_delta integer, crashes integer, counts text, status text, isolate text, logs text),
      eram_ack_jobs(
        -- Microseconds since 1970.
        ARRAY[a.id], ARRAY['epoch'::timestamptz + a.attempted_at::double precision * interval '1 microsecond'], ARRAY[a.producer], ARRAY[a.state],
        ARRAY[a.delay], ARRAY[a.error], ARRAY[a.result], ARRAY[a.attempt_delta], ARRAY[a.crashes], ARRAY[a.counts],
        ARRAY[a.status], ARRAY[a.isolate], ARRAY[a.logs]) AS s
  ), 'lost')
$$;
