-- Saves an entry made at runtime with the definition $2. An existing entry is replaced if $3 is
-- true, else left as it is.
INSERT INTO eram_crons AS c (name, expression, timezone, worker, args, options, guaranteed, paused)
SELECT
  $1, u.it->>'expression'::text, u.it->>'timezone'::text, u.it->>'worker'::text, u.it->'args'::text, u.it->'options'::text, (u.it->>'guaranteed'::text)::boolean,
  (u.it->>'paused'::text)::boolean
FROM (SELECT $2::text::jsonb AS it) AS u
ON CONFLICT (name) DO UPDATE SET
  expression = excluded.expression, timezone = excluded.timezone, worker = excluded.worker, args = excluded.args,
  options = excluded.options, guaranteed = excluded.guaranteed, paused = excluded.paused
WHERE $3
