-- Node $2 campaigns, with its id $3: takes the lease of engine $1 for $4 seconds if it is free. It is
-- free, too, if its row still has the version $5, which this node has seen for longer than a lease lasts:
-- the clock may have stepped back, or stand still. Returns the holder afterwards. A lease that is held is
-- not locked, so candidates do not delay its renewal.
WITH won AS (
  INSERT INTO eram_peers AS p (name, node, owner, started_at, expires_at)
  SELECT $1, $2, $3, pg_catalog.now(), pg_catalog.now() + pg_catalog.make_interval(secs => $4)
  WHERE NOT EXISTS (
    SELECT FROM eram_peers AS h
    WHERE h.name = $1 AND h.expires_at > pg_catalog.now() AND h.xmin::text::bigint IS DISTINCT FROM $5::bigint
  )
  ON CONFLICT (name) DO UPDATE
  SET node = excluded.node, owner = excluded.owner, started_at = excluded.started_at, expires_at = excluded.expires_at
  WHERE p.expires_at <= pg_catalog.now() OR p.xmin::text::bigint = $5
  RETURNING p.node, p.owner, p.started_at, p.expires_at, p.xmin::text::bigint AS version
)
SELECT
  l.node, l.owner, l.started_at, l.version, extract(epoch FROM l.expires_at - pg_catalog.now())::double precision AS seconds
FROM (
  SELECT w.node, w.owner, w.started_at, w.expires_at, w.version FROM won AS w
  UNION ALL
  SELECT h.node, h.owner, h.started_at, h.expires_at, h.xmin::text::bigint FROM eram_peers AS h
  WHERE h.name = $1 AND NOT EXISTS (SELECT FROM won)
) AS l
