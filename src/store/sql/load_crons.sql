-- All entries, or the one named $1, with the options of their classes. `active`: created at
-- runtime, or in the code of a node that confirmed it within $2 seconds. `base`: ticks up to then
-- are settled.
SELECT
  c.name, c.expression, c.timezone, c.worker, c.options::text AS options, c.guaranteed, c.paused,
  c.code IS NULL OR c.seen_at > pg_catalog.now() - pg_catalog.make_interval(secs => $2) AS active,
  greatest(c.last_at, c.since) AS base, c.updated_at, w.options::text AS class, clock_timestamp() AS now,
  pg_catalog.jsonb_build_object(
    'args', c.args, 'last_at', c.last_at, 'missed', c.missed, 'source', CASE WHEN c.code IS NULL THEN 'runtime' ELSE 'code' END,
    'inserted_at', c.inserted_at, 'updated_at', c.updated_at)::text AS rest
FROM eram_crons AS c
LEFT JOIN eram_workers AS w ON w.worker = c.worker
WHERE $1::text IS NULL OR c.name = $1
ORDER BY c.name
