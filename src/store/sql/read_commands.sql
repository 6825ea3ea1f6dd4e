-- The commands to the node $2 that the snapshot $1 did not show, in their order, and the snapshot of
-- this look. Those that were written more than $3 seconds ago are not obeyed any more.
SELECT s.snapshot, c.node, c.action, c.queue, c.options, c.grace
FROM (SELECT pg_catalog.pg_current_snapshot()::text AS snapshot) AS s
LEFT JOIN (
  SELECT c.id, c.node, c.action, c.queue, c.options::text AS options, c.grace
  FROM eram_commands AS c
  WHERE
    NOT pg_catalog.pg_visible_in_snapshot(c.xid, $1::text::pg_snapshot) AND c.node IN ('*', $2::text)
    AND c.inserted_at > pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $3::double precision)
) AS c ON true
ORDER BY c.id
