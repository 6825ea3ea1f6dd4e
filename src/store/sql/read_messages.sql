-- The messages that the snapshot $1 did not show, in their order: the newest $4 of those of
-- applications ($2) and of the events of jobs ($3); and the snapshot of this look. What a snapshot did
-- not show has a later transaction, or one that was in progress then.
SELECT s.snapshot, m.channel, m.node, m.payload
FROM (SELECT pg_catalog.pg_current_snapshot()::text AS snapshot) AS s
LEFT JOIN (
  SELECT n.id, n.channel, n.node, n.payload::text AS payload
  FROM eram_messages AS n
  WHERE
    (
      n.xid >= pg_catalog.pg_snapshot_xmax($1::text::pg_snapshot)
      OR n.xid = ANY (ARRAY(SELECT pg_catalog.pg_snapshot_xip($1::text::pg_snapshot)))
    )
    AND CASE WHEN n.channel = '*events' THEN $3::boolean ELSE $2::boolean END
  ORDER BY n.id DESC
  LIMIT $4::bigint
) AS m ON true
ORDER BY m.id
