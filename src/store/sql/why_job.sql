-- What decides whether job $1 runs, as a JSON text; no row: the job does not exist. Up to $2 jobs that
-- come before it are counted: those of its queue that any version may run, and of its own version. `knows`
-- of a producer is null while it has not reported its workers. Of running jobs, a hundred are looked at.
WITH job AS MATERIALIZED (
  SELECT c.* FROM eram_jobs AS c WHERE c.id = $1
), producer AS MATERIALIZED (
  SELECT
    p.uuid, p.name, p.node, p.queue, p.job_limit, p.paused, p.running, p.running_ids, p.version,
    CASE WHEN pg_catalog.cardinality(p.workers) > 0 THEN j.worker = ANY (p.workers) END AS knows,
    p.updated_at > pg_catalog.clock_timestamp() AS asleep,
    pg_catalog.round(extract(epoch FROM greatest(pg_catalog.clock_timestamp() - p.updated_at, interval '0'))::double precision * 1000::double precision) AS age_ms
  FROM eram_producers AS p
  CROSS JOIN job AS j
  WHERE p.queue = j.queue OR p.uuid::text = j.attempted_by[2]
), before AS (
  SELECT count(*) AS jobs FROM (
    SELECT FROM (SELECT * FROM job AS j WHERE j.state OPERATOR(pg_catalog.=) 'available') AS j
    CROSS JOIN LATERAL (
      (SELECT FROM eram_jobs AS c
       WHERE c.stage = 1 AND c.queue = j.queue AND (c.priority, c.scheduled_at, c.id) < (j.priority, j.scheduled_at, j.id)
       LIMIT $2::bigint + 1)
      UNION ALL
      (SELECT FROM eram_jobs AS c
       WHERE c.stage = 3 AND c.queue = j.queue AND c.version_rule = j.version_rule AND c.version = j.version
         AND (c.priority, c.scheduled_at, c.id) < (j.priority, j.scheduled_at, j.id)
       LIMIT $2::bigint + 1)
    ) AS b
    LIMIT $2::bigint + 1
  ) AS l
)
SELECT pg_catalog.json_build_object(
  'at', now(), 'id', j.id, 'state', j.state, 'queue', j.queue, 'worker', j.worker, 'attempt', j.attempt, 'max_attempts', j.max_attempts,
  'version', j.version, 'version_rule', j.version_rule, 'timeout', j.timeout,
  'due_at', j.scheduled_at, 'due_in_ms', pg_catalog.round(extract(epoch FROM
    least(greatest(j.scheduled_at, now() - interval '100 years'), now() + interval '100 years') - now())::double precision * 1000::double precision),
  'node', j.attempted_by[1], 'attempted_at', j.attempted_at, 'running_ms', pg_catalog.round(extract(epoch FROM
    now() - least(greatest(j.attempted_at, now() - interval '100 years'), now()))::double precision * 1000::double precision),
  'cancel_requested_at', j.cancel_requested_at, 'snoozed', j.meta->'snoozed'::text,
  'ended_at', ended.at, 'ended_ms', pg_catalog.round(extract(epoch FROM
    now() - least(greatest(ended.at, now() - interval '100 years'), now()))::double precision * 1000::double precision),
  'error', (
    SELECT pg_catalog.json_build_object('name', e.error->>'name'::text, 'kind', e.error->>'kind'::text, 'attempt', e.error->'attempt'::text,
      'message', pg_catalog.left(e.error->>'message'::text, 1000))
    FROM (SELECT j.errors[pg_catalog.cardinality(j.errors)] AS error) AS e
    WHERE e.error IS NOT NULL),
  'progress', (
    SELECT pg_catalog.json_build_object('value', g.value, 'message', g.message, 'reported_at', g.reported_at)
    FROM eram_progress AS g
    WHERE g.job_id = j.id AND g.attempted_at = j.attempted_at),
  'claimed_by', j.attempted_by[2],
  'lost', EXISTS (SELECT FROM eram_lost_producers AS l WHERE l.uuid::text = j.attempted_by[2]),
  'producers', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'uuid', p.uuid, 'node', p.node, 'queue', p.queue, 'limit', p.job_limit, 'paused', p.paused, 'running', p.running, 'version', p.version,
      'knows', p.knows, 'asleep', p.asleep, 'age_ms', p.age_ms) ORDER BY p.node, p.name, p.uuid), '[]')
    FROM producer AS p),
  'oldest_ms', (
    SELECT pg_catalog.round(extract(epoch FROM now() - greatest(pg_catalog.min(r.attempted_at), now() - interval '100 years'))::double precision * 1000::double precision)
    FROM eram_jobs AS r
    WHERE j.state OPERATOR(pg_catalog.=) 'available' AND r.state OPERATOR(pg_catalog.=) 'executing'
      AND r.id = ANY (ARRAY(SELECT u.id FROM producer AS p CROSS JOIN LATERAL pg_catalog.unnest(p.running_ids) AS u(id) WHERE p.queue = j.queue LIMIT 100))),
  'settings', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('node', q.node, 'paused', q.paused, 'since', q.paused_at)
      ORDER BY q.node), '[]')
    FROM eram_queues AS q
    WHERE q.queue = j.queue),
  'queues', (SELECT coalesce(pg_catalog.json_agg(n.queue ORDER BY n.queue), '[]') FROM (SELECT DISTINCT p.queue FROM eram_producers AS p LIMIT 1000) AS n),
  'leaders', (SELECT coalesce(pg_catalog.json_agg(l.node ORDER BY l.name), '[]') FROM eram_peers AS l WHERE l.expires_at > pg_catalog.clock_timestamp()),
  'jobs_before', least(b.jobs, $2::bigint), 'at_least', b.jobs > $2::bigint
)::text AS facts
FROM job AS j
CROSS JOIN before AS b
CROSS JOIN LATERAL (SELECT coalesce(j.completed_at, j.cancelled_at, j.discarded_at) AS at) AS ended
