-- What nodes have counted, and how many jobs wait, by time.

CREATE TABLE eram_metrics (
  -- Seconds that a row covers.
  step smallint NOT NULL CHECK (step IN (10, 60, 3600)),
  -- The start: a multiple of step since 1970, by the database's clock.
  bucket timestamptz NOT NULL,
  -- The name of the engine.
  name text NOT NULL,
  -- '*' for the whole cluster.
  node text NOT NULL,
  -- Which start of the node. For the whole cluster all zeros, and for the sum of what the nodes counted
  -- in ten seconds all ones.
  boot uuid NOT NULL,
  written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  data jsonb NOT NULL,
  PRIMARY KEY (step, bucket, name, node, boot)
) WITH (
  -- Rows live for hours; vacuum by their number, not by their share.
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 500,
  toast.autovacuum_vacuum_scale_factor = 0,
  toast.autovacuum_vacuum_threshold = 2000
);

-- Jobs of a queue that could run now, up to 100,000: for autoscalers.
CREATE FUNCTION eram_queue_depth(queue text) RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT count(*) FROM (
    SELECT FROM eram_jobs AS c WHERE c.stage = 1 AND c.queue = $1
    UNION ALL
    SELECT FROM eram_jobs AS c WHERE c.stage = 3 AND c.queue = $1
    UNION ALL
    SELECT FROM eram_jobs AS c WHERE c.stage = 2 AND c.scheduled_at <= now() AND c.queue = $1
    LIMIT 100000
  ) AS l
$$;

-- Seconds since the longest-waiting job of a queue has been due, 0 if none waits. One probe of the
-- index for each priority; of the jobs for some versions only, the first 10,000 are examined.
CREATE FUNCTION eram_queue_latency(queue text) RETURNS double precision
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT greatest(0, extract(epoch FROM now())::double precision - extract(epoch FROM pg_catalog.min(l.scheduled_at))::double precision)
  FROM (
    SELECT first.scheduled_at
    FROM pg_catalog.generate_series(0, 9) AS p(priority)
    CROSS JOIN LATERAL (
      SELECT c.scheduled_at FROM eram_jobs AS c
      WHERE c.stage = 1 AND c.queue = $1 AND c.priority = p.priority::smallint
      ORDER BY c.scheduled_at
      LIMIT 1
    ) AS first
    UNION ALL
    (SELECT c.scheduled_at FROM eram_jobs AS c WHERE c.stage = 3 AND c.queue = $1 LIMIT 10000)
    UNION ALL
    (
      SELECT c.scheduled_at FROM eram_jobs AS c
      WHERE c.stage = 2 AND c.scheduled_at <= now() AND c.queue = $1
      ORDER BY c.scheduled_at
      LIMIT 1
    )
  ) AS l
$$;
