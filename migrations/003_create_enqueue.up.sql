-- The enqueue functions, through which every job is inserted: by the engine, in a transaction of
-- any library, from a trigger or psql.

-- The advisory lock that a sleeping producer of the queue holds: it wants to be notified. Small
-- functions here are plpgsql, which is planned once per session; SQL functions are planned in each
-- calling statement.
CREATE FUNCTION eram_queue_key(queue text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
  RETURN hashtextextended('eram:' || current_schema() || ':' || queue, 0);
END
$$;

-- The channel of this schema for one kind of notification: insert, stage or signal.
CREATE FUNCTION eram_channel(kind text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
  RETURN current_schema() || '.eram_' || kind;
END
$$;

-- Inserts one unique draft, or finds the job that it conflicts with. Waits for a concurrent
-- transaction that holds the same key and inserts if that one rolls back. With a sliding window
-- (`lock` is not null) jobs of the adjacent period slots conflict too if they lie within the period
-- before or after; enqueues of such jobs wait for each other's transactions. `replace` updates the
-- existing job.
CREATE FUNCTION eram_enqueue_unique(
  draft jsonb, key bytea, states eram_job_state[], initial eram_job_state, due timestamptz, lock bigint,
  OUT job eram_jobs, OUT conflict boolean
)
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
  changes text[];
  moment timestamptz := CASE draft#>>'{unique,timestamp}' WHEN 'scheduled_at' THEN due ELSE now() END;
  period double precision;
  slots bytea[];
BEGIN
  IF lock IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(lock);
    period := coalesce((draft#>>'{unique,period}')::double precision, 60);
    slots := ARRAY[key, eram_unique_key(draft, due, -1), eram_unique_key(draft, due, 1)];
  END IF;
  LOOP
    job := NULL;
    IF lock IS NOT NULL THEN
      SELECT * INTO job FROM eram_jobs AS j
      WHERE
        j.unique_slot IS NOT NULL AND j.unique_slot = ANY (slots)
        AND (j.unique_slot = key OR abs(extract(epoch FROM coalesce(j.unique_at, j.inserted_at) - moment)) < period)
      ORDER BY j.unique_slot <> key, abs(extract(epoch FROM coalesce(j.unique_at, j.inserted_at) - moment))
      LIMIT 1;
    END IF;
    IF job.id IS NULL THEN
      BEGIN
        INSERT INTO eram_jobs (worker, args, queue, priority, max_attempts, tags, meta, scheduled_at, state, timeout, backoff,
                               version, version_rule, unique_key, unique_states, unique_at)
        VALUES (
          draft->>'worker', coalesce(draft->'args', '{}'), coalesce(draft->>'queue', 'default'),
          coalesce((draft->>'priority')::smallint, 0::smallint), coalesce((draft->>'max_attempts')::integer, 20),
          ARRAY(SELECT jsonb_array_elements_text(coalesce(draft->'tags', '[]'))), coalesce(draft->'meta', '{}'),
          due, initial, (draft->>'timeout')::integer, nullif(draft->'backoff', 'null'), draft->>'version', draft->>'version_rule',
          key, states, CASE WHEN lock IS NOT NULL THEN moment END
        )
        ON CONFLICT (unique_slot) WHERE unique_slot IS NOT NULL DO NOTHING
        RETURNING * INTO job;
      EXCEPTION WHEN serialization_failure OR unique_violation THEN
        -- REPEATABLE READ and above: the other job was committed after the caller's snapshot and is
        -- not visible to it.
        job := NULL;
        conflict := true;
        RETURN;
      END;
      IF job.id IS NOT NULL THEN
        conflict := false;
        RETURN;
      END IF;
      SELECT * INTO job FROM eram_jobs AS j WHERE j.unique_slot = key;
      -- The existing job ended or was deleted between the two statements: try again.
      CONTINUE WHEN NOT FOUND;
    END IF;
    conflict := true;
    changes := ARRAY(
      SELECT jsonb_array_elements_text(
        CASE jsonb_typeof(draft#>'{unique,replace}')
          WHEN 'array' THEN draft#>'{unique,replace}'
          WHEN 'object' THEN coalesce(draft#>ARRAY['unique', 'replace', job.state::text], '[]')
          ELSE '[]' END));
    EXIT WHEN changes = '{}';
    UPDATE eram_jobs AS j SET
      args = CASE WHEN 'args' = ANY (changes) THEN coalesce(draft->'args', '{}') ELSE j.args END,
      meta = CASE WHEN 'meta' = ANY (changes) THEN coalesce(draft->'meta', '{}') ELSE j.meta END,
      tags = CASE WHEN 'tags' = ANY (changes) THEN ARRAY(SELECT jsonb_array_elements_text(coalesce(draft->'tags', '[]'))) ELSE j.tags END,
      queue = CASE WHEN 'queue' = ANY (changes) THEN coalesce(draft->>'queue', 'default') ELSE j.queue END,
      worker = CASE WHEN 'worker' = ANY (changes) THEN draft->>'worker' ELSE j.worker END,
      priority = CASE WHEN 'priority' = ANY (changes) THEN coalesce((draft->>'priority')::smallint, 0::smallint) ELSE j.priority END,
      max_attempts = CASE WHEN 'max_attempts' = ANY (changes)
        THEN greatest(coalesce((draft->>'max_attempts')::integer, 20), j.attempt, 1) ELSE j.max_attempts END,
      scheduled_at = CASE WHEN 'scheduled_at' = ANY (changes) THEN due ELSE j.scheduled_at END
    WHERE j.id = job.id AND j.state = job.state
    RETURNING * INTO job;
    EXIT WHEN FOUND;
    -- The job changed state in the meantime, and other columns may apply: read it again.
  END LOOP;
END
$$;

-- Enqueues an array of drafts and returns one row per draft; ord counts from 1. A conflict with a
-- unique job is not an error: conflict is true, id is the existing job's id and existing is its
-- row. (Both are null when a REPEATABLE READ or SERIALIZABLE caller cannot see that job.)
-- `checked`: the caller has already validated the drafts. A draft with `"notify": false` sends no
-- notification; producers find its job by polling.
CREATE FUNCTION eram_enqueue_jobs(jobs jsonb, checked boolean DEFAULT false)
RETURNS TABLE (
  ord integer, id bigint, state eram_job_state, queue text, scheduled_at timestamptz, inserted_at timestamptz,
  conflict boolean, existing jsonb
)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
  problem text;
  some_unique boolean;
  ordinary integer[];
  silent integer[] := '{}';
  counter integer := 0;
  job record;
  draft record;
  notified text[] := '{}';
  soonest timestamptz;
  name text;
BEGIN
  IF jsonb_typeof(jobs) IS DISTINCT FROM 'array' THEN
    RAISE EXCEPTION 'eram: jobs: expected a JSON array of drafts, got %', coalesce(jsonb_typeof(jobs), 'null')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF NOT checked THEN
    -- The common case, one draft, needs no query.
    IF jsonb_array_length(jobs) = 1 THEN
      problem := 'eram: jobs[0].' || eram_draft_problem(jobs->0);
    ELSE
      SELECT format('eram: jobs[%s].%s', d.ord - 1, p.problem) INTO problem
      FROM jsonb_array_elements(jobs) WITH ORDINALITY AS d(draft, ord), eram_draft_problem(d.draft) AS p(problem)
      WHERE p.problem IS NOT NULL
      ORDER BY d.ord LIMIT 1;
    END IF;
    IF problem IS NOT NULL THEN
      RAISE EXCEPTION '%', problem USING ERRCODE = 'invalid_parameter_value';
    END IF;
  END IF;
  some_unique := jobs @? '$[*].unique ? (@ == true || @.type() == "object")';
  IF some_unique THEN
    ordinary := ARRAY(
      SELECT d.ord FROM jsonb_array_elements(jobs) WITH ORDINALITY AS d(draft, ord)
      WHERE NOT coalesce(d.draft->'unique' = 'true' OR jsonb_typeof(d.draft->'unique') = 'object', false)
      ORDER BY d.ord);
  END IF;

  IF jobs @> '[{"notify": false}]' THEN
    silent := ARRAY(
      SELECT d.ord FROM jsonb_array_elements(jobs) WITH ORDINALITY AS d(draft, ord) WHERE d.draft->'notify' = 'false');
  END IF;

  -- Ordinary jobs: one statement, which returns the rows in insertion order.
  FOR job IN
    INSERT INTO eram_jobs (worker, args, queue, priority, max_attempts, tags, meta, scheduled_at, state, timeout, backoff,
                           version, version_rule)
    SELECT
      d.worker, coalesce(d.args, '{}'), coalesce(d.queue, 'default'), coalesce(d.priority, 0::smallint),
      coalesce(d.max_attempts, 20), coalesce(d.tags, '{}'), coalesce(d.meta, '{}'),
      coalesce(d.scheduled_at, now() + make_interval(secs => coalesce(d.schedule_in, 0))),
      coalesce(d.state, CASE WHEN d.scheduled_at IS NULL AND d.schedule_in IS NULL THEN 'available' ELSE 'scheduled' END::eram_job_state),
      d.timeout, nullif(d.backoff, 'null'), d.version, d.version_rule
    FROM ROWS FROM (jsonb_to_recordset(jobs) AS (
      worker text, args jsonb, queue text, priority smallint, max_attempts integer, tags text[], meta jsonb,
      schedule_in double precision, scheduled_at timestamptz, state eram_job_state, timeout integer, backoff jsonb,
      version text, version_rule text
    )) WITH ORDINALITY AS d(
      worker, args, queue, priority, max_attempts, tags, meta, schedule_in, scheduled_at, state, timeout, backoff,
      version, version_rule, ord)
    WHERE NOT some_unique OR d.ord = ANY (ordinary)
    ORDER BY d.ord
    RETURNING eram_jobs.id, eram_jobs.state, eram_jobs.queue, eram_jobs.scheduled_at, eram_jobs.inserted_at
  LOOP
    counter := counter + 1;
    ord := CASE WHEN some_unique THEN ordinary[counter] ELSE counter END;
    id := job.id; state := job.state; queue := job.queue; scheduled_at := job.scheduled_at; inserted_at := job.inserted_at;
    conflict := false;
    IF ord = ANY (silent) THEN
      NULL;
    ELSIF job.state = 'available' THEN
      IF NOT job.queue = ANY (notified) THEN notified := notified || job.queue; END IF;
    ELSIF job.state = 'scheduled' THEN
      soonest := least(soonest, job.scheduled_at);
    END IF;
    RETURN NEXT;
  END LOOP;

  -- Unique jobs: one by one in the order of their locks and keys, so that two callers with the same
  -- keys cannot deadlock.
  IF some_unique THEN
    FOR draft IN
      SELECT
        d.ord, d.draft, due.at AS due,
        CASE WHEN w.sliding THEN eram_window_lock(d.draft, due.at) END AS lock,
        CASE WHEN NOT w.sliding THEN eram_unique_key(d.draft, due.at) END AS key,
        coalesce(d.draft->>'state', CASE WHEN d.draft ?| ARRAY['schedule_in', 'scheduled_at'] THEN 'scheduled' ELSE 'available' END)::eram_job_state AS initial,
        coalesce(
          (SELECT array_agg(s::eram_job_state) FROM jsonb_array_elements_text(d.draft#>'{unique,states}') AS s),
          '{suspended,available,scheduled,executing,retryable,completed}') AS states
      FROM
        jsonb_array_elements(jobs) WITH ORDINALITY AS d(draft, ord),
        LATERAL (SELECT coalesce(
          (d.draft->>'scheduled_at')::timestamptz,
          now() + make_interval(secs => coalesce((d.draft->>'schedule_in')::double precision, 0)))) AS due(at),
        LATERAL (SELECT coalesce(
          d.draft#>>'{unique,window}' = 'sliding' AND d.draft#>>'{unique,period}' IS DISTINCT FROM 'infinity', false)) AS w(sliding)
      WHERE d.draft->'unique' = 'true' OR jsonb_typeof(d.draft->'unique') = 'object'
      ORDER BY lock, key, d.ord
    LOOP
      SELECT u.conflict, u.job INTO job
      FROM eram_enqueue_unique(
        draft.draft, coalesce(draft.key, eram_unique_key(draft.draft, draft.due)), draft.states, draft.initial, draft.due, draft.lock) AS u;
      ord := draft.ord; id := (job.job).id; state := (job.job).state; queue := (job.job).queue;
      scheduled_at := (job.job).scheduled_at; inserted_at := (job.job).inserted_at; conflict := job.conflict;
      existing := CASE WHEN job.conflict AND (job.job).id IS NOT NULL
        THEN to_jsonb(job.job) - ARRAY['stage', 'unique_slot', 'unique_key', 'unique_states', 'unique_at'] END;
      IF ord = ANY (silent) THEN
        NULL;
      ELSIF (job.job).state = 'available' THEN
        IF NOT (job.job).queue = ANY (notified) THEN notified := notified || (job.job).queue; END IF;
      ELSIF (job.job).state = 'scheduled' THEN
        soonest := least(soonest, (job.job).scheduled_at);
      END IF;
      RETURN NEXT;
    END LOOP;
  END IF;

  -- The wake-up gate. If the shared lock is granted, no producer of the queue sleeps, and none can
  -- fall asleep before these jobs are visible, because the lock is held until the end of this
  -- transaction: no notification is needed. If it is refused, a producer sleeps.
  FOREACH name IN ARRAY notified LOOP
    IF NOT pg_try_advisory_xact_lock_shared(eram_queue_key(name)) THEN
      PERFORM pg_notify(eram_channel('insert'), name);
    END IF;
  END LOOP;
  -- The stager looks ten seconds ahead by itself; it must be notified of jobs that are due sooner.
  IF soonest < now() + interval '10 seconds' THEN
    PERFORM pg_notify(eram_channel('stage'), '');
  END IF;
END
$$;

-- Enqueues one draft.
CREATE FUNCTION eram_enqueue_job(job jsonb)
RETURNS TABLE (
  ord integer, id bigint, state eram_job_state, queue text, scheduled_at timestamptz, inserted_at timestamptz,
  conflict boolean, existing jsonb
)
LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT * FROM eram_enqueue_jobs(jsonb_build_array(job))
$$;

-- The form that every database library can call in a transaction: takes and returns one text. An
-- object counts as an array of one draft.
CREATE FUNCTION eram_enqueue(jobs text) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  drafts jsonb := jobs::jsonb;
BEGIN
  IF jsonb_typeof(drafts) = 'object' THEN
    drafts := jsonb_build_array(drafts);
  END IF;
  RETURN (
    SELECT coalesce(json_agg(json_build_object(
      'id', e.id, 'state', e.state, 'queue', e.queue, 'scheduled_at', e.scheduled_at, 'inserted_at', e.inserted_at,
      'conflict', e.conflict, 'existing', e.existing) ORDER BY e.ord), '[]')::text
    FROM eram_enqueue_jobs(drafts) AS e
  );
END
$$;

-- Sends a message to every node when the current transaction commits. The engine builds the text.
CREATE FUNCTION eram_notify(message text) RETURNS text
LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT pg_notify(eram_channel('signal'), message)::text
$$;

-- The same for triggers and psql: SELECT eram_notify('prices', '{"changed": true}').
CREATE FUNCTION eram_notify(channel text, payload jsonb) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF channel !~ '^[A-Za-z0-9_.:/-]{1,63}$' THEN
    RAISE EXCEPTION 'eram: channel: expected 1 to 63 letters, digits and "_.:/-", got %', to_json(channel)
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF octet_length(payload::text) > 7500 THEN
    RAISE EXCEPTION 'eram: payload: expected at most 7500 bytes of JSON, got %', octet_length(payload::text)
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN eram_notify(json_build_object(
    'action', 'message', 'id', left(gen_random_uuid()::text, 8), 'channel', channel, 'node', NULL, 'payload', payload)::text);
END
$$;
