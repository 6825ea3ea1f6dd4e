-- All producers, each as a JSON text; times are by the database's clock. `leader` is null if the
-- lease is free; its owner is a start of a process, because two nodes may have the same name.
SELECT pg_catalog.json_build_object(
  'name', p.name, 'node', p.node, 'boot', p.meta->>'boot'::text, 'version', p.version, 'eram_version', p.meta->>'eram'::text,
  'pid', p.meta->'pid'::text, 'host', p.meta->>'host'::text, 'queue', p.queue, 'uuid', p.uuid, 'limit', p.job_limit, 'paused', p.paused,
  'running', p.running, 'running_ids', p.running_ids, 'started_at', p.started_at,
  -- A sleeping node has the time of its next heartbeat.
  'asleep', p.updated_at > pg_catalog.clock_timestamp(),
  'age_ms', pg_catalog.round(extract(epoch FROM greatest(pg_catalog.clock_timestamp() - p.updated_at, interval '0'))::double precision * 1000::double precision),
  'leader', (SELECT l.owner::text = p.meta->>'boot'::text FROM eram_peers AS l WHERE l.name = p.name AND l.expires_at > pg_catalog.clock_timestamp())
)::text AS producer
FROM eram_producers AS p
ORDER BY p.name, p.node, p.started_at, p.queue
