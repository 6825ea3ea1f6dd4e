-- Deletes messages that were sent more than $1 seconds ago, and those before the newest $2, at most $3.
-- Without a wait: other nodes do the same.
DELETE FROM eram_messages
WHERE id IN (
  SELECT m.id FROM eram_messages AS m
  WHERE
    m.sent_at < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $1::double precision)
    OR m.id <= (SELECT n.id FROM eram_messages AS n ORDER BY n.id DESC LIMIT 1) - $2::bigint
  ORDER BY m.id
  LIMIT $3::bigint
  FOR UPDATE SKIP LOCKED
)
