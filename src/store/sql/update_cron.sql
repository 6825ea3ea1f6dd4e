-- Sets the definition of the entry $1 to $2, if the entry is as it was read: changed at $3.
UPDATE eram_crons AS c
SET
  expression = u.it->>'expression', timezone = u.it->>'timezone', worker = u.it->>'worker', args = u.it->'args',
  options = u.it->'options', guaranteed = (u.it->>'guaranteed')::boolean, paused = (u.it->>'paused')::boolean
FROM (SELECT $2::text::jsonb AS it) AS u
WHERE c.name = $1 AND c.updated_at = $3
