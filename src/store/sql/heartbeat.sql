-- The heartbeat of a process, in one statement, with what it may have missed:
--   alive      producers whose row was still there (a missing one was declared lost while this
--              process slept)
--   cancelled  of the running jobs $6, those for which a cancel was requested
--   waiting    queues of this process, among those of $19, in which a job waits for one of its
--              workers, in case a notification was lost
--   shared     queues of this process that other producers serve too
--   pins       the application versions that pinned jobs wait for, by queue:
--              [{queue, rule, version}, …]
--   settings   a stamp of what was set at runtime for queues on this node $11, see load_queues
--   duplicate_node  another engine of the name $12 has the same node name, and has run at the same
--              time as this one for $14 seconds
--   clock      the database's clock, in microseconds since 1970
--   node …     the leader of the engines of the name $12. The lease of this process, of the term
--              $15, is renewed for $16 seconds
--   next_due   for the leader: seconds until the next scheduled or retryable job is due, at most a day
--   silent     producers without a heartbeat for $17 seconds; how many seconds ago the last one was; and
--              the version of their row, which each heartbeat changes. The clock may step: a heartbeat
--              in the future tells nothing, unless its engine sleeps, and neither does a clock that
--              stands still, so these producers are listed too
--   others_awake  a producer of another process does not rest, as those of this one do with $18
-- oldest_at is a lower bound of the times of the producer's claims. It stays two minutes behind,
-- longer than the answer to any fetch is in flight. It does not advance while outcomes are
-- unwritten ($9), because the process no longer counts their claims.
WITH RECURSIVE beat AS (
  UPDATE eram_producers AS p
  SET updated_at = pg_catalog.now(), running = b.running, running_ids = b.running_ids::bigint[], job_limit = b.job_limit, paused = b.paused,
    resting = $18::boolean,
    -- Unchanged values are kept as they are, so that long lists are not written again.
    workers = CASE WHEN p.workers OPERATOR(pg_catalog.=) $8::text[] THEN p.workers ELSE $8::text[] END,
    oldest_at = CASE
      -- The clock may have stepped back since.
      WHEN $9::boolean THEN least(p.oldest_at, least(b.oldest_at, pg_catalog.now()) - interval '2 minutes')
      ELSE least(b.oldest_at, pg_catalog.now()) - interval '2 minutes'
    END
  FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::integer[], $5::boolean[], $10::text[])
    AS b(uuid, running, oldest_at, job_limit, paused, running_ids)
  WHERE p.uuid = b.uuid
  RETURNING p.uuid
), renewed AS (
  UPDATE eram_peers AS p
  SET expires_at = pg_catalog.now() + pg_catalog.make_interval(secs => $16::double precision)
  WHERE p.name = $12::text AND p.owner::text = $13::text AND p.started_at = $15::timestamptz AND p.expires_at > pg_catalog.now()
  RETURNING p.node, p.owner, p.started_at, p.expires_at, p.xmin::text::bigint AS version
), silent AS (
  SELECT p.uuid, p.updated_at, p.xmin::text::bigint AS version FROM eram_producers AS p
  WHERE
    p.uuid <> ALL ($1::uuid[])
    AND (
      p.updated_at < pg_catalog.now() - pg_catalog.make_interval(secs => $17::double precision)
      OR NOT p.resting AND p.updated_at >= pg_catalog.now()
      OR pg_catalog.clock_timestamp() = pg_catalog.now()
    )
), pin AS (
  -- Steps from one version to the next in the index, regardless of the number of jobs of each.
  (SELECT j.queue, j.version_rule, j.version FROM eram_jobs AS j WHERE j.stage = 3
   ORDER BY j.queue, j.version_rule, j.version LIMIT 1)
  UNION ALL
  SELECT n.queue, n.version_rule, n.version
  FROM pin CROSS JOIN LATERAL (
    SELECT j.queue, j.version_rule, j.version FROM eram_jobs AS j
    WHERE j.stage = 3 AND (j.queue, j.version_rule, j.version) > (pin.queue, pin.version_rule, pin.version)
    ORDER BY j.queue, j.version_rule, j.version LIMIT 1
  ) AS n
)
SELECT
  ARRAY(SELECT beat.uuid FROM beat) AS alive,
  ARRAY(
    SELECT j.id FROM eram_jobs AS j
    WHERE j.id = ANY ($6::bigint[]) AND j.state OPERATOR(pg_catalog.=) 'executing' AND j.cancel_requested_at IS NOT NULL
  ) AS cancelled,
  ARRAY(
    SELECT q.queue FROM pg_catalog.unnest($19::text[]) AS q(queue)
    -- Not EXISTS, which the planner may turn into a join that reads all waiting jobs. The index alone
    -- shows the worker; other rows are not read.
    WHERE (
      SELECT true FROM eram_jobs AS j
      WHERE j.stage = 1 AND j.queue = q.queue AND j.worker = ANY ($8::text[])
        AND (SELECT a.attempt < a.max_attempts FROM eram_jobs AS a WHERE a.id = j.id)
      LIMIT 1
    )
  ) AS waiting,
  ARRAY(
    SELECT q.queue FROM pg_catalog.unnest($7::text[]) AS q(queue)
    WHERE EXISTS (
      SELECT FROM eram_producers AS p
      WHERE
        p.queue = q.queue AND p.uuid <> ALL ($1::uuid[])
        AND p.updated_at > pg_catalog.now() - pg_catalog.make_interval(secs => $17::double precision)
    )
  ) AS shared,
  (
    SELECT pg_catalog.json_agg(pg_catalog.json_build_object('queue', q.queue, 'rule', q.version_rule, 'version', q.version))::text
    FROM (SELECT * FROM pin LIMIT 1000) AS q
  ) AS pins,
  (
    SELECT coalesce(pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws('|', q.queue, q.node, coalesce(q.paused::text, '-'), q.job_limit), 0)), 0)::text
    FROM eram_queues AS q
    WHERE q.node IN ('*', $11::text)
  ) AS settings,
  EXISTS (
    SELECT FROM eram_producers AS own
    JOIN eram_producers AS p ON p.name = own.name AND p.node = own.node
    WHERE
      own.name = $12::text AND own.node = $11::text AND own.meta->>'boot'::text = $13::text
      AND p.meta->>'boot'::text <> $13::text
      AND p.updated_at > own.started_at + pg_catalog.make_interval(secs => $14::double precision)
      AND p.updated_at > pg_catalog.now() - interval '20 seconds'
  ) AS duplicate_node,
  (extract(epoch FROM pg_catalog.clock_timestamp())::double precision * 1000000::double precision)::bigint AS clock,
  l.node, l.owner, l.started_at, l.version, extract(epoch FROM l.expires_at - pg_catalog.now())::double precision AS seconds,
  CASE WHEN $15::timestamptz IS NOT NULL THEN (
    SELECT extract(epoch FROM least(greatest(n.due_at, clock_timestamp() - interval '1 day'), clock_timestamp() + interval '1 day')
      - clock_timestamp())::double precision
    FROM (SELECT pg_catalog.min(j.scheduled_at) AS due_at FROM eram_jobs AS j WHERE j.stage = 2) AS n
    WHERE n.due_at IS NOT NULL
  ) END AS next_due,
  EXISTS (SELECT FROM eram_producers AS p WHERE p.uuid <> ALL ($1::uuid[]) AND NOT p.resting) AS others_awake,
  ARRAY(SELECT s.uuid FROM silent AS s ORDER BY s.uuid) AS silent,
  ARRAY(SELECT s.version FROM silent AS s ORDER BY s.uuid) AS silent_versions,
  ARRAY(SELECT extract(epoch FROM pg_catalog.now() - s.updated_at)::double precision FROM silent AS s ORDER BY s.uuid) AS silent_for
FROM (SELECT) AS one
LEFT JOIN (
  SELECT r.node, r.owner, r.started_at, r.expires_at, r.version FROM renewed AS r
  UNION ALL
  SELECT h.node, h.owner, h.started_at, h.expires_at, h.xmin::text::bigint FROM eram_peers AS h
  WHERE h.name = $12::text AND NOT EXISTS (SELECT FROM renewed)
) AS l ON true
