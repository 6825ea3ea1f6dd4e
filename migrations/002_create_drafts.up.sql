-- Functions on drafts, the JSON objects that become jobs: the unique key and the checks.
-- SET search_path FROM CURRENT fixes each function to the schema it was created in.

-- The canonical text of a JSON value, equal exactly when the values are: members sorted by name,
-- numbers without trailing zeros.
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

-- SHA-256 of the canonical text of [period slot, queue, worker, args, meta], with null for what
-- `fields` leaves out. `keys` narrows args and meta to these members; a missing member counts as
-- null. `shift` is an offset in period slots.
CREATE FUNCTION eram_unique_key(draft jsonb, due timestamptz, shift integer DEFAULT 0) RETURNS bytea
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
  rule jsonb := CASE WHEN jsonb_typeof(draft->'unique') = 'object' THEN draft->'unique' ELSE '{}' END;
  fields jsonb := coalesce(rule->'fields', '["args", "queue", "worker"]');
  keys jsonb := coalesce(rule->'keys', '[]');
  -- `unique: true` has no time limit; an object without a period means 60 seconds.
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

-- The advisory lock that serializes enqueues with a sliding window that may conflict: one of about
-- a thousand, so that a bulk enqueue does not fill the server's lock table.
CREATE FUNCTION eram_window_lock(draft jsonb, due timestamptz) RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT hashtextextended('eram:window:' || current_schema() || ':' || get_byte(k.key, 0) || ':' || get_byte(k.key, 1) % 4, 0)
  FROM (SELECT eram_unique_key(jsonb_set(draft, '{unique,period}', '"infinity"'), due) AS key) AS k
$$;

-- Why a draft is invalid, or null. Uses no object of the schema and therefore needs no search_path.
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
    -- A job moves between these states by itself and could return to a key that another job has
    -- taken.
    WHEN NOT draft#>'{unique,states}' @> '["scheduled", "available", "executing"]'
      THEN format('unique.states: expected scheduled, available and executing among them, got %s', draft#>'{unique,states}')
  END;
END
$$;
