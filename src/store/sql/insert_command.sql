-- A command to the node $1, or to every node, and the notification that says look. Removes those of
-- more than an hour ago; without a wait, as others may do the same.
WITH old AS (
  DELETE FROM eram_commands
  WHERE id IN (
    SELECT c.id FROM eram_commands AS c
    WHERE c.inserted_at < pg_catalog.clock_timestamp() - interval '1 hour'
    ORDER BY c.id LIMIT 1000
    FOR UPDATE SKIP LOCKED
  )
), added AS (
  INSERT INTO eram_commands (node, action, queue, options, grace)
  VALUES ($1::text, $2::text, $3::text, $4::text::jsonb, $5::bigint)
)
SELECT pg_catalog.pg_notify(eram_channel('signal'), pg_catalog.json_build_object('action', 'commands', 'node', $1::text)::text)
