-- Writes the entries of a node's code: $1 names, $2 definitions. Values that were changed at
-- runtime stay: they differ from the code's previous values. Rows are locked in the order of their
-- names, so that two nodes that start cannot deadlock.
INSERT INTO eram_crons AS c (name, expression, timezone, worker, args, options, guaranteed, paused, code)
SELECT
  u.name, u.code->>'expression'::text, u.code->>'timezone'::text, u.code->>'worker'::text, u.code->'args'::text, u.code->'options'::text,
  (u.code->>'guaranteed'::text)::boolean, (u.code->>'paused'::text)::boolean, u.code
FROM (SELECT t.name, t.code::jsonb AS code FROM unnest($1::text[], $2::text[]) AS t(name, code)) AS u
ORDER BY u.name
ON CONFLICT (name) DO UPDATE SET
  expression = CASE WHEN c.expression = c.code->>'expression'::text THEN excluded.expression ELSE c.expression END,
  timezone = CASE WHEN c.timezone = c.code->>'timezone'::text THEN excluded.timezone ELSE c.timezone END,
  worker = CASE WHEN c.worker = c.code->>'worker'::text THEN excluded.worker ELSE c.worker END,
  args = CASE WHEN c.args = c.code->'args'::text THEN excluded.args ELSE c.args END,
  options = CASE WHEN c.options = c.code->'options'::text THEN excluded.options ELSE c.options END,
  guaranteed = CASE WHEN c.guaranteed = (c.code->>'guaranteed'::text)::boolean THEN excluded.guaranteed ELSE c.guaranteed END,
  paused = CASE WHEN c.paused = (c.code->>'paused'::text)::boolean THEN excluded.paused ELSE c.paused END,
  code = excluded.code,
  seen_at = pg_catalog.now()
