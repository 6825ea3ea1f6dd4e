-- Sets the definition of the entry $1 to $2, if the entry is as it was read: changed at $3.
UPDATE eram_crons AS c
SET
  expression = u.it->>'expression'::text, timezone = u.it->>'timezone'::text, worker = u.it->>'worker'::text, args = u.it->'args'::text,
  options = u.it->'options'::text, guaranteed = (u.it->>'guaranteed'::text)::boolean, paused = (u.it->>'paused'::text)::boolean
FROM (SELECT $2::text::jsonb AS it) AS u
WHERE c.name = $1 AND c.updated_at = $3
