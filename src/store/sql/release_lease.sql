-- Releases the lease of engine $1, of any holder or, with $2, only of that owner; notifies, so that
-- other nodes campaign at once.
WITH ended AS (
  DELETE FROM eram_peers AS p
  WHERE p.name = $1 AND ($2::uuid IS NULL OR p.owner = $2)
  RETURNING p.name, p.node, p.owner, p.started_at, p.expires_at
)
SELECT
  e.node, e.owner, e.started_at, extract(epoch FROM e.expires_at - pg_catalog.now())::double precision AS seconds,
  pg_catalog.pg_notify(eram_channel('leader'), '')
FROM ended AS e
