-- Functions on drafts, the JSON objects that become jobs: the unique key and the checks.
-- SET search_path FROM CURRENT fixes each function to the schema it was created in.

-- The canonical text of a JSON value, equal exactly when the values are: members sorted by name,
-- numbers without trailing zeros.
CREATE FUNCTION eram_canonical(value jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
BEGIN
  CASE pg_catalog.jsonb_typeof(value)
    WHEN 'object' THEN
      RETURN '{' || coalesce((
        SELECT pg_catalog.string_agg(pg_catalog.to_jsonb(m.key)::text || ':' || eram_canonical(m.value), ',' ORDER BY m.key COLLATE "C")
        FROM pg_catalog.jsonb_each(value) AS m
      ), '') || '}';
    WHEN 'array' THEN
      RETURN '[' || coalesce((
        SELECT pg_catalog.string_agg(eram_canonical(e.value), ',' ORDER BY e.ord)
        FROM pg_catalog.jsonb_array_elements(value) WITH ORDINALITY AS e(value, ord)
      ), '') || ']';
    WHEN 'number' THEN
      RETURN pg_catalog.trim_scale(value::text::numeric)::text;
    ELSE
      RETURN value::text;
  END CASE;
END
$$;

-- SHA-256 of the canonical text of [period slot, queue, worker, args, meta], with null for what
-- `fields` leaves out. `keys` narrows args and meta to these members; a missing member counts as
-- null. The members trace and context of meta are left out. `shift` is an offset in period slots.
CREATE FUNCTION eram_unique_key(draft jsonb, due timestamptz, shift integer DEFAULT 0) RETURNS bytea
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
  rule jsonb := CASE WHEN pg_catalog.jsonb_typeof(draft->'unique'::text) = 'object' THEN draft->'unique'::text ELSE '{}' END;
  fields jsonb := coalesce(rule->'fields'::text, '["args", "queue", "worker"]');
  keys jsonb := coalesce(rule->'keys'::text, '[]');
  -- `unique: true` has no time limit; an object without a period means 60 seconds.
  period numeric := CASE
    WHEN rule->>'period'::text = 'infinity' OR draft->'unique'::text = 'true' THEN NULL
    ELSE coalesce((rule->>'period'::text)::numeric, 60) END;
  moment timestamptz := CASE rule->>'timestamp'::text WHEN 'scheduled_at' THEN due ELSE now() END;
  parts jsonb := pg_catalog.jsonb_build_array(
    pg_catalog.floor(extract(epoch FROM moment)::numeric / nullif(period, 0::numeric)) + shift::numeric);
  field text;
  part jsonb;
BEGIN
  FOREACH field IN ARRAY ARRAY['queue', 'worker', 'args', 'meta'] LOOP
    part := NULL;
    IF fields ? field THEN
      part := coalesce(draft->field, CASE field WHEN 'queue' THEN '"default"' ELSE '{}' END::jsonb);
      -- What is carried from the enqueue differs each time.
      IF field = 'meta' THEN part := part - '{trace,context}'::text[]; END IF;
      IF field IN ('args', 'meta') AND pg_catalog.jsonb_array_length(keys) > 0 THEN
        part := (SELECT pg_catalog.jsonb_object_agg(k, part->k) FROM pg_catalog.jsonb_array_elements_text(keys) AS k);
      END IF;
    END IF;
    parts := parts || pg_catalog.jsonb_build_array(part);
  END LOOP;
  RETURN pg_catalog.sha256(pg_catalog.convert_to(eram_canonical(parts), 'UTF8'));
END
$$;

-- The advisory lock that serializes enqueues with a sliding window that may conflict: one of about
-- a thousand, so that a bulk enqueue does not fill the server's lock table.
CREATE FUNCTION eram_window_lock(draft jsonb, due timestamptz) RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT pg_catalog.hashtextextended(
    pg_catalog.format('eram:window:%s:%s:%s', current_schema(), pg_catalog.get_byte(k.key, 0), pg_catalog.get_byte(k.key, 1) % 4), 0)
  FROM (SELECT eram_unique_key(pg_catalog.jsonb_set(draft, '{unique,period}', '"infinity"'), due, 0) AS key) AS k
$$;

-- Why a draft is invalid, or null. Uses no object of the schema and therefore needs no search_path.
CREATE FUNCTION eram_draft_problem(draft jsonb) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  unknown jsonb;
  due timestamptz;
BEGIN
  IF pg_catalog.jsonb_typeof(draft) IS DISTINCT FROM 'object' THEN
    RETURN pg_catalog.format('expected an object, got %s', pg_catalog.left(coalesce(draft::text, 'null'), 200));
  END IF;
  unknown := draft - '{worker,args,queue,priority,max_attempts,tags,meta,schedule_in,scheduled_at,state,unique,timeout,backoff,version,version_rule,notify,context}'::text[];
  IF unknown <> '{}' THEN
    RETURN pg_catalog.format('unknown key %s', (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(k), ', ') FROM pg_catalog.jsonb_object_keys(unknown) AS k));
  END IF;
  IF draft->>'scheduled_at'::text IS NOT NULL THEN
    IF pg_catalog.jsonb_typeof(draft->'scheduled_at'::text) = 'string' THEN
      BEGIN
        due := (draft->>'scheduled_at'::text)::timestamptz;
      EXCEPTION WHEN data_exception THEN
        NULL;
      END;
    END IF;
    -- As far as RFC 3339 reaches, and so not infinity.
    IF due >= '0001-01-01 00:00:00+00'::timestamptz AND due < '10000-01-01 00:00:00+00'::timestamptz THEN
      NULL;
    ELSE
      RETURN pg_catalog.format('scheduled_at: expected a time from year 1 to year 9999, got %s',
        pg_catalog.left((draft->'scheduled_at'::text)::text, 200));
    END IF;
  END IF;
  RETURN CASE
    WHEN pg_catalog.jsonb_typeof(draft->'worker'::text) IS DISTINCT FROM 'string' OR pg_catalog.char_length(draft->>'worker'::text) NOT BETWEEN 1 AND 127
      THEN pg_catalog.format('worker: expected a name of 1 to 127 characters, got %s', pg_catalog.left(coalesce(draft->'worker'::text, 'null')::text, 200))
    WHEN draft ? 'args'::text AND pg_catalog.jsonb_typeof(draft->'args'::text) <> 'object'
      THEN pg_catalog.format('args: expected an object, got %s', pg_catalog.left((draft->'args'::text)::text, 200))
    WHEN draft ? 'queue'::text AND (pg_catalog.jsonb_typeof(draft->'queue'::text) <> 'string' OR pg_catalog.char_length(draft->>'queue'::text) NOT BETWEEN 1 AND 127)
      THEN pg_catalog.format('queue: expected a name of 1 to 127 characters, got %s', pg_catalog.left((draft->'queue'::text)::text, 200))
    WHEN draft ? 'priority'::text AND coalesce(draft->>'priority'::text, '') !~ '^[0-9]$'
      THEN pg_catalog.format('priority: expected an integer from 0 to 9, got %s', draft->'priority'::text)
    WHEN draft ? 'max_attempts'::text AND NOT (draft->>'max_attempts'::text ~ '^[1-9][0-9]{0,8}$')
      THEN pg_catalog.format('max_attempts: expected a positive integer, got %s', draft->'max_attempts'::text)
    WHEN draft ? 'tags'::text AND (pg_catalog.jsonb_typeof(draft->'tags'::text) <> 'array' OR pg_catalog.jsonb_path_exists(draft->'tags'::text, '$[*] ? (@.type() != "string")'))
      THEN pg_catalog.format('tags: expected an array of strings, got %s', pg_catalog.left((draft->'tags'::text)::text, 200))
    WHEN draft ? 'meta'::text AND pg_catalog.jsonb_typeof(draft->'meta'::text) <> 'object'
      THEN pg_catalog.format('meta: expected an object, got %s', pg_catalog.left((draft->'meta'::text)::text, 200))
    WHEN draft->'meta'::text ? 'context'::text
      THEN 'meta.context: expected no member of this name, which is what enqueue middleware carries, got one'
    WHEN draft ? 'context'::text AND (pg_catalog.jsonb_typeof(draft->'context'::text) <> 'object'
        OR (draft->'context'::text) - '{trace,context}'::text[] <> '{}'
        OR pg_catalog.jsonb_path_exists(draft->'context'::text, '$.* ? (@.type() != "object")'))
      THEN pg_catalog.format('context: expected an object with the objects trace and context, got %s', pg_catalog.left((draft->'context'::text)::text, 200))
    -- A hundred years.
    WHEN draft ? 'schedule_in'::text AND pg_catalog.jsonb_typeof(draft->'schedule_in'::text) <> 'number'
      THEN pg_catalog.format('schedule_in: expected seconds from 0 to 3155760000, got %s', draft->'schedule_in'::text)
    WHEN (draft->>'schedule_in'::text)::numeric NOT BETWEEN 0::numeric AND 3155760000::numeric
      THEN pg_catalog.format('schedule_in: expected seconds from 0 to 3155760000, got %s', draft->'schedule_in'::text)
    WHEN draft ? 'schedule_in'::text AND draft ? 'scheduled_at'::text
      THEN 'schedule_in: expected only one of schedule_in and scheduled_at, got both'
    WHEN draft ? 'state'::text AND coalesce(draft->>'state'::text, '') NOT IN ('available', 'scheduled', 'suspended')
      THEN pg_catalog.format('state: expected available, scheduled or suspended, got %s', pg_catalog.left((draft->'state'::text)::text, 200))
    WHEN draft ? 'timeout'::text AND draft->'timeout'::text <> 'null' AND NOT (draft->>'timeout'::text ~ '^[1-9][0-9]{0,8}$')
      THEN pg_catalog.format('timeout: expected positive milliseconds, got %s', draft->'timeout'::text)
    WHEN draft ? 'version'::text AND pg_catalog.jsonb_typeof(draft->'version'::text) NOT IN ('string', 'null')
      THEN pg_catalog.format('version: expected a text, got %s', draft->'version'::text)
    WHEN draft->>'version_rule'::text IS NOT NULL AND (NOT draft->'version_rule'::text <@ '["pinned", "min"]' OR draft->>'version'::text IS NULL)
      THEN pg_catalog.format('version_rule: expected pinned or min, and a version beside it, got %s with %s',
        draft->'version_rule'::text, coalesce(draft->'version'::text, 'null'))
    WHEN draft ? 'unique'::text AND NOT (pg_catalog.jsonb_typeof(draft->'unique'::text) IN ('object', 'boolean', 'null'))
      THEN pg_catalog.format('unique: expected true or an object, got %s', pg_catalog.left((draft->'unique'::text)::text, 200))
    WHEN draft#>>'{unique,period}'::text[] IS NOT NULL AND draft#>>'{unique,period}'::text[] <> 'infinity'
        AND pg_catalog.jsonb_typeof(draft#>'{unique,period}'::text[]) <> 'number'
      THEN pg_catalog.format('unique.period: expected seconds or "infinity", got %s', draft#>'{unique,period}'::text[])
    -- A job moves between these states by itself and could return to a key that another job has
    -- taken.
    WHEN NOT draft#>'{unique,states}'::text[] @> '["scheduled", "available", "executing"]'
      THEN pg_catalog.format('unique.states: expected scheduled, available and executing among them, got %s', draft#>'{unique,states}'::text[])
  END;
END
$$;
