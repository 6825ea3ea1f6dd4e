-- The one door through which jobs come in: from the engine, from any library's transaction, from a trigger or psql.
-- SET search_path FROM CURRENT fixes each function to the schema it was created in.

-- A text for a JSON value that is equal exactly when the values are: members sorted by name, numbers without trailing zeros.
CREATE FUNCTION eram_canonical(value jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
BEGIN
  CASE jsonb_typeof(value)
    WHEN 'object' THEN
      RETURN '{' || coalesce((
        SELECT string_agg(to_jsonb(m.key)::text || ':' || eram_canonical(m.value), ',' ORDER BY m.key COLLATE "C")
        FROM jsonb_each(value) AS m
      ), '') || '}';
    WHEN 'array' THEN
      RETURN '[' || coalesce((
        SELECT string_agg(eram_canonical(e.value), ',' ORDER BY e.ord)
        FROM jsonb_array_elements(value) WITH ORDINALITY AS e(value, ord)
      ), '') || ']';
    WHEN 'number' THEN
      RETURN trim_scale(value::text::numeric)::text;
    ELSE
      RETURN value::text;
  END CASE;
END
$$;

-- SHA-256 over the canonical text of [period slot, queue, worker, args, meta], null for what `fields` leaves out.
-- `keys` narrows args and meta to those members; one that is missing counts as null. `shift` counts slots from the job's own.
CREATE FUNCTION eram_unique_key(draft jsonb, due timestamptz, shift integer DEFAULT 0) RETURNS bytea
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
  rule jsonb := CASE WHEN jsonb_typeof(draft->'unique') = 'object' THEN draft->'unique' ELSE '{}' END;
  fields jsonb := coalesce(rule->'fields', '["args", "queue", "worker"]');
  keys jsonb := coalesce(rule->'keys', '[]');
  -- `unique: true` means for ever; an object without a period means 60 seconds.
  period numeric := CASE
    WHEN rule->>'period' = 'infinity' OR draft->'unique' = 'true' THEN NULL
    ELSE coalesce((rule->>'period')::numeric, 60) END;
  moment timestamptz := CASE rule->>'timestamp' WHEN 'scheduled_at' THEN due ELSE now() END;
  parts jsonb := jsonb_build_array(floor(extract(epoch FROM moment) / nullif(period, 0)) + shift);
  field text;
  part jsonb;
BEGIN
  FOREACH field IN ARRAY ARRAY['queue', 'worker', 'args', 'meta'] LOOP
    part := NULL;
    IF fields ? field THEN
      part := coalesce(draft->field, CASE field WHEN 'queue' THEN '"default"' ELSE '{}' END::jsonb);
      IF field IN ('args', 'meta') AND jsonb_array_length(keys) > 0 THEN
        part := (SELECT jsonb_object_agg(k, part->k) FROM jsonb_array_elements_text(keys) AS k);
      END IF;
    END IF;
    parts := parts || jsonb_build_array(part);
  END LOOP;
  RETURN sha256(convert_to(eram_canonical(parts), 'UTF8'));
END
$$;

-- The advisory lock that those take who enqueue with a sliding window and may meet: of a thousand, so that even a bulk enqueue
-- does not fill the server's table of locks.
CREATE FUNCTION eram_window_lock(draft jsonb, due timestamptz) RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT hashtextextended('eram:window:' || current_schema() || ':' || get_byte(k.key, 0) || ':' || get_byte(k.key, 1) % 4, 0)
  FROM (SELECT eram_unique_key(jsonb_set(draft, '{unique,period}', '"infinity"'), due) AS key) AS k
$$;

-- The advisory lock that stands for "a producer of this queue sleeps and wants to be notified".
-- Small functions are plpgsql here: those are planned once a session, SQL functions at each statement that calls them.
CREATE FUNCTION eram_queue_key(queue text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
  RETURN hashtextextended('eram:' || current_schema() || ':' || queue, 0);
END
$$;

CREATE FUNCTION eram_channel(kind text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
  RETURN current_schema() || '.eram_' || kind;
END
$$;

-- Why a draft cannot become a job, or null. Names nothing of the schema, and so needs no search_path.
CREATE FUNCTION eram_draft_problem(draft jsonb) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  unknown jsonb;
BEGIN
  IF jsonb_typeof(draft) IS DISTINCT FROM 'object' THEN
    RETURN format('expected an object, got %s', coalesce(draft::text, 'null'));
  END IF;
  unknown := draft - '{worker,args,queue,priority,max_attempts,tags,meta,schedule_in,scheduled_at,state,unique,timeout,backoff,version,version_rule,notify}'::text[];
  IF unknown <> '{}' THEN
    RETURN format('unknown key %s', (SELECT string_agg(quote_ident(k), ', ') FROM jsonb_object_keys(unknown) AS k));
  END IF;
  RETURN CASE
    WHEN jsonb_typeof(draft->'worker') IS DISTINCT FROM 'string' OR char_length(draft->>'worker') NOT BETWEEN 1 AND 127
      THEN format('worker: expected a name of 1 to 127 characters, got %s', coalesce(draft->'worker', 'null'))
    WHEN draft ? 'args' AND jsonb_typeof(draft->'args') <> 'object'
      THEN format('args: expected an object, got %s', draft->'args')
    WHEN draft ? 'queue' AND (jsonb_typeof(draft->'queue') <> 'string' OR char_length(draft->>'queue') NOT BETWEEN 1 AND 127)
      THEN format('queue: expected a name of 1 to 127 characters, got %s', draft->'queue')
    WHEN draft ? 'priority' AND NOT draft->'priority' <@ '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]'
      THEN format('priority: expected an integer from 0 to 9, got %s', draft->'priority')
    WHEN draft ? 'max_attempts' AND NOT (draft->>'max_attempts' ~ '^[1-9][0-9]{0,8}$')
      THEN format('max_attempts: expected a positive integer, got %s', draft->'max_attempts')
    WHEN draft ? 'tags' AND (jsonb_typeof(draft->'tags') <> 'array' OR jsonb_path_exists(draft->'tags', '$[*] ? (@.type() != "string")'))
      THEN format('tags: expected an array of strings, got %s', draft->'tags')
    WHEN draft ? 'meta' AND jsonb_typeof(draft->'meta') <> 'object'
      THEN format('meta: expected an object, got %s', draft->'meta')
    WHEN draft ? 'schedule_in' AND (jsonb_typeof(draft->'schedule_in') <> 'number' OR (draft->>'schedule_in')::numeric < 0)
      THEN format('schedule_in: expected seconds of 0 or more, got %s', draft->'schedule_in')
    WHEN draft ? 'schedule_in' AND draft ? 'scheduled_at'
      THEN 'schedule_in: expected only one of schedule_in and scheduled_at, got both'
    WHEN draft ? 'state' AND NOT draft->'state' <@ '["available", "scheduled", "suspended"]'
      THEN format('state: expected available, scheduled or suspended, got %s', draft->'state')
    WHEN draft ? 'timeout' AND draft->'timeout' <> 'null' AND NOT (draft->>'timeout' ~ '^[1-9][0-9]{0,8}$')
      THEN format('timeout: expected positive milliseconds, got %s', draft->'timeout')
    WHEN draft ? 'version' AND jsonb_typeof(draft->'version') NOT IN ('string', 'null')
      THEN format('version: expected a text, got %s', draft->'version')
    WHEN draft->>'version_rule' IS NOT NULL AND (NOT draft->'version_rule' <@ '["pinned", "min"]' OR draft->>'version' IS NULL)
      THEN format('version_rule: expected pinned or min, and a version beside it, got %s with %s',
        draft->'version_rule', coalesce(draft->'version', 'null'))
    WHEN draft ? 'unique' AND NOT (jsonb_typeof(draft->'unique') IN ('object', 'boolean', 'null'))
      THEN format('unique: expected true or an object, got %s', draft->'unique')
    -- A job moves between these by itself and would come back to a place that is taken.
    WHEN NOT draft#>'{unique,states}' @> '["scheduled", "available", "executing"]'
      THEN format('unique.states: expected scheduled, available and executing among them, got %s', draft#>'{unique,states}')
  END;
END
$$;

-- Inserts one unique draft, or finds the job that stands in its way. Waits for another transaction that holds the same key;
-- should that one roll back, this one inserts. With a sliding window (`lock` is not null) jobs of the neighbouring slots count,
-- too, if they lie within the period, before or after; those who enqueue such jobs wait for each other's transactions.
-- `replace` changes the waiting job instead of leaving it as it is.
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
        -- REPEATABLE READ and up: the other job was committed after this caller's snapshot and cannot be shown.
        job := NULL;
        conflict := true;
        RETURN;
      END;
      IF job.id IS NOT NULL THEN
        conflict := false;
        RETURN;
      END IF;
      SELECT * INTO job FROM eram_jobs AS j WHERE j.unique_slot = key;
      -- It ended or went away between the two statements: try again.
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
    -- The job has gone on meanwhile, and other changes may apply: look at it again.
  END LOOP;
END
$$;

-- Takes an array of drafts; gives, for each (ord counts from 1), the job that now stands for it. Meeting a unique job is no
-- error: conflict is true, id is the existing job's, and existing is its row. (Both are null when a REPEATABLE READ or
-- SERIALIZABLE caller cannot see it.) `checked` says that the caller has validated the drafts.
-- Nobody is notified of a draft with `"notify": false`: its job is found by polling.
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
  awaited text[] := '{}';
  soonest timestamptz;
  name text;
BEGIN
  IF jsonb_typeof(jobs) IS DISTINCT FROM 'array' THEN
    RAISE EXCEPTION 'eram: jobs: expected a JSON array of drafts, got %', coalesce(jsonb_typeof(jobs), 'null')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF NOT checked THEN
    -- One draft, as in most transactions, needs no query.
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

  -- Ordinary jobs: one statement; rows come back in the order they went in.
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
      IF NOT job.queue = ANY (awaited) THEN awaited := awaited || job.queue; END IF;
    ELSIF job.state = 'scheduled' THEN
      soonest := least(soonest, job.scheduled_at);
    END IF;
    RETURN NEXT;
  END LOOP;

  -- Unique jobs: one by one in the order of their locks and keys, so that two callers with the same ones cannot deadlock.
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
        IF NOT (job.job).queue = ANY (awaited) THEN awaited := awaited || (job.job).queue; END IF;
      ELSIF (job.job).state = 'scheduled' THEN
        soonest := least(soonest, (job.job).scheduled_at);
      END IF;
      RETURN NEXT;
    END LOOP;
  END IF;

  -- The wake-up gate. A shared lock granted means that no producer sleeps on the queue, and, as it is held to the end of this
  -- transaction, that none can fall asleep before these jobs are visible: nothing to notify. Refused: somebody sleeps.
  FOREACH name IN ARRAY awaited LOOP
    IF NOT pg_try_advisory_xact_lock_shared(eram_queue_key(name)) THEN
      PERFORM pg_notify(eram_channel('insert'), name);
    END IF;
  END LOOP;
  -- The stager looks ten seconds ahead by itself; what is due sooner it must be told.
  IF soonest < now() + interval '10 seconds' THEN
    PERFORM pg_notify(eram_channel('stage'), '');
  END IF;
END
$$;

-- One draft.
CREATE FUNCTION eram_enqueue_job(job jsonb)
RETURNS TABLE (
  ord integer, id bigint, state eram_job_state, queue text, scheduled_at timestamptz, inserted_at timestamptz,
  conflict boolean, existing jsonb
)
LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT * FROM eram_enqueue_jobs(jsonb_build_array(job))
$$;

-- What every library's transaction calls: one text in, one text out. An object is taken as an array of one.
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

-- A message to every node, in this transaction: sent when it commits. The engine makes the text.
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
