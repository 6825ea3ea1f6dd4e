-- What nodes, leases and settings show, as a JSON text: all producers, with how long the oldest of the
-- running jobs that each reports has run; the leases of their engine names; and the queues that
-- are paused at run time.
SELECT pg_catalog.json_build_object(
  'now', (extract(epoch FROM pg_catalog.clock_timestamp())::double precision * 1000000::double precision)::bigint,
  'producers', (
    SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'name', p.name, 'node', p.node, 'queue', p.queue, 'running', p.running, 'eram_version', p.meta->>'eram'::text,
      'asleep', p.updated_at > pg_catalog.clock_timestamp(),
      'age_ms', pg_catalog.round(extract(epoch FROM greatest(pg_catalog.clock_timestamp() - p.updated_at, interval '0'))::double precision * 1000::double precision)::bigint,
      'started_ms', pg_catalog.round(extract(epoch FROM greatest(pg_catalog.clock_timestamp() - p.started_at, interval '0'))::double precision * 1000::double precision)::bigint,
      'oldest_ms', (
        SELECT pg_catalog.round(extract(epoch FROM now() - least(greatest(pg_catalog.min(r.attempted_at), now() - interval '100 years'), now()))::double precision * 1000::double precision)::bigint
        FROM eram_jobs AS r
        WHERE r.id = ANY (p.running_ids) AND r.state OPERATOR(pg_catalog.=) 'executing')
    ) ORDER BY p.name, p.node, p.queue), '[]')
    FROM eram_producers AS p),
  'leases', (
    SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('name', l.name, 'node', l.node,
      'left_ms', pg_catalog.round(extract(epoch FROM l.expires_at - pg_catalog.clock_timestamp())::double precision * 1000::double precision)::bigint) ORDER BY l.name), '[]')
    FROM eram_peers AS l),
  'paused', (
    SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('queue', q.queue, 'node', q.node,
      'ms', pg_catalog.round(extract(epoch FROM pg_catalog.now() - q.paused_at)::double precision * 1000::double precision)::bigint) ORDER BY q.queue, q.node), '[]')
    FROM eram_queues AS q
    WHERE q.paused AND q.paused_at IS NOT NULL)
)::text AS facts
