-- The enqueue functions, through which every job is inserted: by the engine, in a transaction of
-- any library, from a trigger or psql.

-- The advisory lock that a sleeping producer of the queue holds: it wants to be notified. Small
-- functions here are plpgsql, which is planned once per session; SQL functions are planned in each
-- calling statement.
CREATE FUNCTION eram_queue_key(queue text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
  RETURN pg_catalog.hashtextextended('eram:' || current_schema()::text || ':' || queue, 0);
END
$$;

-- The channel of this schema for one kind of notification: insert, stage or signal.
CREATE FUNCTION eram_channel(kind text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
  RETURN current_schema()::text || '.eram_' || kind;
END
$$;

-- What may keep a job from being stored, or hide it from the role that stores it: for error messages.
CREATE FUNCTION eram_obstacles() RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(pg_catalog.string_agg(o.obstacle, ', '), 'none is known')
  FROM (
    SELECT pg_catalog.format('row-level security for the role %I', current_user) AS obstacle
    WHERE pg_catalog.row_security_active('eram_jobs'::regclass::oid)
    UNION ALL
    -- 2: BEFORE.
    SELECT pg_catalog.format('the trigger %I', g.tgname) FROM pg_catalog.pg_trigger AS g
    WHERE g.tgrelid = 'eram_jobs'::regclass::oid AND NOT g.tgisinternal AND g.tgtype::integer & 2 <> 0 AND g.tgenabled <> 'D'::"char"
    UNION ALL
    SELECT pg_catalog.format('the rule %I', r.rulename) FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class = 'eram_jobs'::regclass::oid
  ) AS o
$$;

-- A number of JavaScript would round such an id.
CREATE FUNCTION eram_refuse_id(id bigint) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  RAISE EXCEPTION 'eram: id: expected at most 9007199254740991 (2^53 - 1), got %; nothing is stored. Set back the sequence behind eram_jobs.id: %', id,
    pg_catalog.format('SELECT setval(pg_get_serial_sequence(%L, ''id''), max(id)) FROM %I.eram_jobs WHERE id <= 9007199254740991',
      pg_catalog.format('%I.eram_jobs', current_schema()), current_schema())
    USING ERRCODE = 'sequence_generator_limit_exceeded';
END
$$;

-- Inserts one unique draft, or finds the job that it conflicts with. Waits for a concurrent
-- transaction that holds the same key and inserts if that one rolls back. With a sliding window
-- (`lock` is not null) jobs of the adjacent period slots conflict too if they lie within the period
-- before or after; enqueues of such jobs wait for each other's transactions. `replace` updates the
-- existing job. A conflict is one with a job that is shown; all else is an error: the key is taken by a
-- job that the snapshot of the transaction does not have (40001), another index than that of unique
-- keys refuses the row, or the job is neither stored nor found.
CREATE FUNCTION eram_enqueue_unique(
  draft jsonb, key bytea, states eram_job_state[], initial eram_job_state, due timestamptz, lock bigint,
  OUT job eram_jobs, OUT conflict boolean
)
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
DECLARE
  changes text[];
  moment timestamptz := CASE draft#>>'{unique,timestamp}'::text[] WHEN 'scheduled_at' THEN due ELSE now() END;
  period numeric;
  slots bytea[];
  taken text;
BEGIN
  IF lock IS NOT NULL THEN
    PERFORM pg_catalog.pg_advisory_xact_lock(lock);
    period := coalesce((draft#>>'{unique,period}'::text[])::numeric, 60);
    slots := ARRAY[key, eram_unique_key(draft, due, -1), eram_unique_key(draft, due, 1)];
  END IF;
  -- The job may end, or change its state, between two statements: a few rounds.
  FOR round IN 1..20 LOOP
    job := NULL;
    IF lock IS NOT NULL THEN
      SELECT * INTO job FROM eram_jobs AS j
      WHERE
        j.unique_slot IS NOT NULL AND j.unique_slot = ANY (slots)
        AND (j.unique_slot = key OR pg_catalog.abs(extract(epoch FROM coalesce(j.unique_at, j.inserted_at) - moment)::numeric) < period)
      ORDER BY j.unique_slot <> key, pg_catalog.abs(extract(epoch FROM coalesce(j.unique_at, j.inserted_at) - moment))
      LIMIT 1;
    END IF;
    IF job.id IS NULL THEN
      BEGIN
        INSERT INTO eram_jobs (worker, args, queue, priority, max_attempts, tags, meta, scheduled_at, state, timeout, backoff,
                               version, version_rule, unique_key, unique_states, unique_at)
        VALUES (
          draft->>'worker'::text, coalesce(draft->'args'::text, '{}'), coalesce(draft->>'queue'::text, 'default'),
          coalesce((draft->>'priority'::text)::smallint, 0::smallint), coalesce((draft->>'max_attempts'::text)::integer, 20),
          ARRAY(SELECT pg_catalog.jsonb_array_elements_text(coalesce(draft->'tags'::text, '[]'))), coalesce(draft->'meta'::text, '{}'),
          due, initial, (draft->>'timeout'::text)::integer, nullif(draft->'backoff'::text, 'null'), draft->>'version'::text,
          draft->>'version_rule'::text, key, states, CASE WHEN lock IS NOT NULL THEN moment END
        )
        ON CONFLICT (unique_slot) WHERE unique_slot IS NOT NULL DO NOTHING
        RETURNING * INTO job;
      EXCEPTION WHEN unique_violation THEN
        -- REINDEX CONCURRENTLY has a second index of unique keys for a while.
        GET STACKED DIAGNOSTICS taken = CONSTRAINT_NAME;
        IF taken !~ '^eram_jobs_unique_index(_cc(new|old)[0-9]*)?$' THEN
          RAISE;
        END IF;
        job := NULL;
      END;
      IF job.id IS NOT NULL THEN
        conflict := false;
        RETURN;
      END IF;
      SELECT * INTO job FROM eram_jobs AS j WHERE j.unique_slot = key;
      CONTINUE WHEN job.id IS NULL;
    END IF;
    conflict := true;
    changes := ARRAY(
      SELECT pg_catalog.jsonb_array_elements_text(
        CASE pg_catalog.jsonb_typeof(draft#>'{unique,replace}'::text[])
          WHEN 'array' THEN draft#>'{unique,replace}'::text[]
          WHEN 'object' THEN coalesce(draft#>ARRAY['unique', 'replace', job.state::text], '[]')
          ELSE '[]' END));
    IF pg_catalog.cardinality(changes) = 0 THEN
      RETURN;
    END IF;
    UPDATE eram_jobs AS j SET
      args = CASE WHEN 'args' = ANY (changes) THEN coalesce(draft->'args'::text, '{}') ELSE j.args END,
      meta = CASE WHEN 'meta' = ANY (changes) THEN coalesce(draft->'meta'::text, '{}') ELSE j.meta END,
      tags = CASE WHEN 'tags' = ANY (changes)
        THEN ARRAY(SELECT pg_catalog.jsonb_array_elements_text(coalesce(draft->'tags'::text, '[]'))) ELSE j.tags END,
      queue = CASE WHEN 'queue' = ANY (changes) THEN coalesce(draft->>'queue'::text, 'default') ELSE j.queue END,
      worker = CASE WHEN 'worker' = ANY (changes) THEN draft->>'worker'::text ELSE j.worker END,
      priority = CASE WHEN 'priority' = ANY (changes) THEN coalesce((draft->>'priority'::text)::smallint, 0::smallint) ELSE j.priority END,
      max_attempts = CASE WHEN 'max_attempts' = ANY (changes)
        THEN greatest(coalesce((draft->>'max_attempts'::text)::integer, 20), j.attempt, 1) ELSE j.max_attempts END,
      scheduled_at = CASE WHEN 'scheduled_at' = ANY (changes) THEN due ELSE j.scheduled_at END
    WHERE j.id = job.id AND j.state OPERATOR(pg_catalog.=) job.state
    RETURNING * INTO job;
    IF job.id IS NOT NULL THEN
      RETURN;
    END IF;
  END LOOP;
  RAISE EXCEPTION 'eram: unique: expected a job that is stored or found, got neither in 20 rounds; nothing is stored. What may keep or hide it: %',
    eram_obstacles() USING ERRCODE = 'triggered_data_change_violation';
END
$$;

-- Enqueues an array of drafts and returns one row per draft; ord counts from 1. A conflict with a
-- unique job is not an error: conflict is true, id is the existing job's id and existing is its
-- row. A REPEATABLE READ or SERIALIZABLE caller that cannot see that job gets an error, 40001.
-- `checked`: the caller has already validated the drafts. A draft with `"notify": false` sends no
-- notification; producers find its job by polling. What a draft carries in `context` becomes a part of
-- its meta, where members that the caller wrote win.
CREATE FUNCTION eram_enqueue_jobs(jobs jsonb, checked boolean DEFAULT false)
RETURNS TABLE (
  ord integer, id bigint, state eram_job_state, queue text, scheduled_at timestamptz, inserted_at timestamptz,
  conflict boolean, existing jsonb, worker text
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
  expected integer;
  missing integer[] := '{}';
BEGIN
  IF pg_catalog.jsonb_typeof(jobs) IS DISTINCT FROM 'array' THEN
    RAISE EXCEPTION 'eram: jobs: expected a JSON array of drafts, got %', coalesce(pg_catalog.jsonb_typeof(jobs), 'null')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF NOT checked THEN
    -- The common case, one draft, needs no query.
    IF pg_catalog.jsonb_array_length(jobs) = 1 THEN
      problem := 'eram: jobs[0].' || eram_draft_problem(jobs->0);
    ELSE
      SELECT pg_catalog.format('eram: jobs[%s].%s', d.ord - 1, p.problem) INTO problem
      FROM pg_catalog.jsonb_array_elements(jobs) WITH ORDINALITY AS d(draft, ord), eram_draft_problem(d.draft) AS p(problem)
      WHERE p.problem IS NOT NULL
      ORDER BY d.ord LIMIT 1;
    END IF;
    IF problem IS NOT NULL THEN
      RAISE EXCEPTION '%', problem USING ERRCODE = 'invalid_parameter_value';
    END IF;
  END IF;
  IF jobs @> '[{"context": {}}]' THEN
    jobs := (
      SELECT pg_catalog.jsonb_agg(
        CASE WHEN d.draft ? 'context'::text
          THEN (d.draft - 'context'::text) || pg_catalog.jsonb_build_object('meta', (d.draft->'context'::text) || coalesce(d.draft->'meta'::text, '{}'))
          ELSE d.draft END ORDER BY d.ord)
      FROM pg_catalog.jsonb_array_elements(jobs) WITH ORDINALITY AS d(draft, ord));
  END IF;
  some_unique := jobs @? '$[*].unique ? (@ == true || @.type() == "object")'::jsonpath;
  IF some_unique THEN
    ordinary := ARRAY(
      SELECT d.ord FROM pg_catalog.jsonb_array_elements(jobs) WITH ORDINALITY AS d(draft, ord)
      WHERE NOT coalesce(d.draft->'unique'::text = 'true' OR pg_catalog.jsonb_typeof(d.draft->'unique'::text) = 'object', false)
      ORDER BY d.ord);
  END IF;

  IF jobs @> '[{"notify": false}]' THEN
    silent := ARRAY(
      SELECT d.ord FROM pg_catalog.jsonb_array_elements(jobs) WITH ORDINALITY AS d(draft, ord) WHERE d.draft->'notify'::text = 'false');
  END IF;

  -- Ordinary jobs: one statement, which returns the rows in insertion order.
  FOR job IN
    INSERT INTO eram_jobs (worker, args, queue, priority, max_attempts, tags, meta, scheduled_at, state, timeout, backoff,
                           version, version_rule)
    SELECT
      d.worker, coalesce(d.args, '{}'), coalesce(d.queue, 'default'), coalesce(d.priority, 0::smallint),
      coalesce(d.max_attempts, 20), coalesce(d.tags, '{}'), coalesce(d.meta, '{}'),
      coalesce(d.scheduled_at, now() + pg_catalog.make_interval(secs => coalesce(d.schedule_in, 0))),
      coalesce(d.state, CASE WHEN d.scheduled_at IS NULL AND d.schedule_in IS NULL THEN 'available' ELSE 'scheduled' END::eram_job_state),
      d.timeout, nullif(d.backoff, 'null'), d.version, d.version_rule
    FROM ROWS FROM (pg_catalog.jsonb_to_recordset(jobs) AS (
      worker text, args jsonb, queue text, priority smallint, max_attempts integer, tags text[], meta jsonb,
      schedule_in double precision, scheduled_at timestamptz, state eram_job_state, timeout integer, backoff jsonb,
      version text, version_rule text
    )) WITH ORDINALITY AS d(
      worker, args, queue, priority, max_attempts, tags, meta, schedule_in, scheduled_at, state, timeout, backoff,
      version, version_rule, ord)
    WHERE NOT some_unique OR d.ord = ANY (ordinary)
    ORDER BY d.ord
    RETURNING eram_jobs.id, eram_jobs.state, eram_jobs.queue, eram_jobs.scheduled_at, eram_jobs.inserted_at, eram_jobs.worker
  LOOP
    counter := counter + 1;
    ord := CASE WHEN some_unique THEN ordinary[counter] ELSE counter END;
    id := job.id; state := job.state; queue := job.queue; scheduled_at := job.scheduled_at; inserted_at := job.inserted_at;
    conflict := false; worker := job.worker;
    IF id > 9007199254740991 THEN
      PERFORM eram_refuse_id(id);
    END IF;
    IF ord = ANY (silent) THEN
      NULL;
    ELSIF state OPERATOR(pg_catalog.=) 'available' THEN
      IF NOT queue = ANY (notified) THEN notified := pg_catalog.array_append(notified, queue); END IF;
    ELSIF state OPERATOR(pg_catalog.=) 'scheduled' THEN
      soonest := least(soonest, scheduled_at);
    END IF;
    RETURN NEXT;
  END LOOP;
  expected := CASE WHEN some_unique THEN pg_catalog.cardinality(ordinary) ELSE pg_catalog.jsonb_array_length(jobs) END;
  IF counter <> expected THEN
    -- Which of them: one by one. The error below takes everything back.
    FOR i IN 1..CASE WHEN expected > 1 THEN expected ELSE 0 END LOOP
      BEGIN
        PERFORM FROM eram_enqueue_jobs(pg_catalog.jsonb_build_array(jobs->(CASE WHEN some_unique THEN ordinary[i] ELSE i END - 1)), true);
      EXCEPTION WHEN triggered_data_change_violation THEN
        missing := pg_catalog.array_append(missing, CASE WHEN some_unique THEN ordinary[i] ELSE i END - 1);
      END;
    END LOOP;
    IF expected = 1 THEN
      missing := ARRAY[CASE WHEN some_unique THEN ordinary[1] ELSE 1 END - 1];
    END IF;
    RAISE EXCEPTION 'eram: jobs: expected a row for each draft, got % of % (none for jobs[%]); nothing is stored. What may keep or hide them: %',
      pg_catalog.jsonb_array_length(jobs) - expected + counter, pg_catalog.jsonb_array_length(jobs),
      pg_catalog.left(pg_catalog.array_to_string(missing, ', '), 100), eram_obstacles()
      USING ERRCODE = 'triggered_data_change_violation';
  END IF;

  -- Unique jobs: one by one in the order of their locks and keys, so that two callers with the same
  -- keys cannot deadlock.
  IF some_unique THEN
    FOR draft IN
      SELECT
        d.ord, d.draft, due.at AS due,
        CASE WHEN w.sliding THEN eram_window_lock(d.draft, due.at) END AS lock,
        CASE WHEN NOT w.sliding THEN eram_unique_key(d.draft, due.at, 0) END AS key,
        coalesce(
          d.draft->>'state'::text,
          CASE WHEN d.draft->>'schedule_in'::text IS NULL AND d.draft->>'scheduled_at'::text IS NULL THEN 'available' ELSE 'scheduled' END
        )::eram_job_state AS initial,
        coalesce(
          (SELECT pg_catalog.array_agg(s::eram_job_state) FROM pg_catalog.jsonb_array_elements_text(d.draft#>'{unique,states}'::text[]) AS s),
          '{suspended,available,scheduled,executing,retryable,completed}') AS states
      FROM
        pg_catalog.jsonb_array_elements(jobs) WITH ORDINALITY AS d(draft, ord),
        LATERAL (SELECT coalesce(
          (d.draft->>'scheduled_at'::text)::timestamptz,
          now() + pg_catalog.make_interval(secs => coalesce((d.draft->>'schedule_in'::text)::double precision, 0)))) AS due(at),
        LATERAL (SELECT coalesce(
          d.draft#>>'{unique,window}'::text[] = 'sliding' AND d.draft#>>'{unique,period}'::text[] IS DISTINCT FROM 'infinity', false)) AS w(sliding)
      WHERE d.draft->'unique'::text = 'true' OR pg_catalog.jsonb_typeof(d.draft->'unique'::text) = 'object'
      ORDER BY lock, key, d.ord
    LOOP
      SELECT u.conflict, u.job INTO job
      FROM eram_enqueue_unique(
        draft.draft, coalesce(draft.key, eram_unique_key(draft.draft, draft.due, 0)), draft.states, draft.initial, draft.due, draft.lock) AS u;
      ord := draft.ord; id := (job.job).id; state := (job.job).state; queue := (job.job).queue;
      scheduled_at := (job.job).scheduled_at; inserted_at := (job.job).inserted_at; conflict := job.conflict; worker := (job.job).worker;
      existing := CASE WHEN conflict
        THEN pg_catalog.to_jsonb(job.job) - ARRAY['stage', 'unique_slot', 'unique_key', 'unique_states', 'unique_at'] END;
      IF id > 9007199254740991 THEN
        PERFORM eram_refuse_id(id);
      END IF;
      IF ord = ANY (silent) THEN
        NULL;
      ELSIF state OPERATOR(pg_catalog.=) 'available' THEN
        IF NOT queue = ANY (notified) THEN notified := pg_catalog.array_append(notified, queue); END IF;
      ELSIF state OPERATOR(pg_catalog.=) 'scheduled' THEN
        soonest := least(soonest, scheduled_at);
      END IF;
      RETURN NEXT;
    END LOOP;
  END IF;

  -- The wake-up gate. If the shared lock is granted, no producer of the queue sleeps, and none can
  -- fall asleep before these jobs are visible, because the lock is held until the end of this
  -- transaction: no notification is needed. If it is refused, a producer sleeps.
  FOREACH name IN ARRAY notified LOOP
    IF NOT pg_catalog.pg_try_advisory_xact_lock_shared(eram_queue_key(name)) THEN
      PERFORM pg_catalog.pg_notify(eram_channel('insert'), name);
    END IF;
  END LOOP;
  -- The stager looks ten seconds ahead by itself; it must be notified of jobs that are due sooner.
  IF soonest < now() + interval '10 seconds' THEN
    PERFORM pg_catalog.pg_notify(eram_channel('stage'), '');
  END IF;
END
$$;

-- Enqueues one draft.
CREATE FUNCTION eram_enqueue_job(job jsonb)
RETURNS TABLE (
  ord integer, id bigint, state eram_job_state, queue text, scheduled_at timestamptz, inserted_at timestamptz,
  conflict boolean, existing jsonb, worker text
)
LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT * FROM eram_enqueue_jobs(pg_catalog.jsonb_build_array(job), false)
$$;

-- The form that every database library can call in a transaction: takes and returns one text. An
-- object counts as an array of one draft.
CREATE FUNCTION eram_enqueue(jobs text) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  drafts jsonb := jobs::jsonb;
BEGIN
  IF pg_catalog.jsonb_typeof(drafts) = 'object' THEN
    drafts := pg_catalog.jsonb_build_array(drafts);
  END IF;
  RETURN (
    SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'id', e.id, 'state', e.state, 'queue', e.queue, 'scheduled_at', e.scheduled_at, 'inserted_at', e.inserted_at,
      'conflict', e.conflict, 'existing', e.existing, 'worker', e.worker) ORDER BY e.ord), '[]')::text
    FROM eram_enqueue_jobs(drafts, false) AS e
  );
END
$$;
