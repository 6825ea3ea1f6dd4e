-- The leader of the engines of the name $1.
SELECT
  h.node, h.owner, h.started_at, h.xmin::text::bigint AS version,
  extract(epoch FROM h.expires_at - pg_catalog.now())::double precision AS seconds
FROM eram_peers AS h
WHERE h.name = $1 AND h.expires_at > pg_catalog.now()
