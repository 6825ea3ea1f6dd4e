-- Node $2 campaigns, with its id $3: takes the lease of engine $1 for $4 seconds if it is free.
-- Returns the holder afterwards. A lease that is held is not locked, so candidates do not delay its
-- renewal.
WITH won AS (
  INSERT INTO eram_peers AS p (name, node, owner, started_at, expires_at)
  SELECT $1, $2, $3, pg_catalog.now(), pg_catalog.now() + make_interval(secs => $4)
  WHERE NOT EXISTS (SELECT FROM eram_peers AS h WHERE h.name = $1 AND h.expires_at > pg_catalog.now())
  ON CONFLICT (name) DO UPDATE
  SET node = excluded.node, owner = excluded.owner, started_at = excluded.started_at, expires_at = excluded.expires_at
  WHERE p.expires_at <= pg_catalog.now()
  RETURNING p.node, p.owner, p.started_at, p.expires_at
)
SELECT l.node, l.owner, l.started_at, extract(epoch FROM l.expires_at - pg_catalog.now())::double precision AS seconds
FROM (
  SELECT w.node, w.owner, w.started_at, w.expires_at FROM won AS w
  UNION ALL
  SELECT h.node, h.owner, h.started_at, h.expires_at FROM eram_peers AS h
  WHERE h.name = $1 AND NOT EXISTS (SELECT FROM won)
) AS l
