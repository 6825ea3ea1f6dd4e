-- All producers, each as a JSON text; times are by the database's clock. `leader` is null if the
-- lease is free; its owner is a start of a process, because two nodes may have the same name.
SELECT json_build_object(
  'name', p.name, 'node', p.node, 'boot', p.meta->>'boot', 'version', p.version, 'eram_version', p.meta->>'eram',
  'pid', p.meta->'pid', 'host', p.meta->>'host', 'queue', p.queue, 'uuid', p.uuid, 'limit', p.job_limit, 'paused', p.paused,
  'running', p.running, 'running_ids', p.running_ids, 'started_at', p.started_at,
  'age_ms', round(extract(epoch FROM pg_catalog.clock_timestamp() - p.updated_at) * 1000),
  'leader', (SELECT l.owner::text = p.meta->>'boot' FROM eram_peers AS l WHERE l.name = p.name AND l.expires_at > pg_catalog.clock_timestamp())
)::text AS producer
FROM eram_producers AS p
ORDER BY p.name, p.node, p.started_at, p.queue
