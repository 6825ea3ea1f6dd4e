-- For the testing kit: makes the waiting jobs of `queues` (or of all) that are due at `until`, in
-- milliseconds since 1970 or 'infinity', available; without it those that are due now. A unique job
-- whose key another job has taken goes on waiting. Returns how many there were.
WITH due AS (
  SELECT c.id, c.unique_slot, CASE WHEN 'available' OPERATOR(pg_catalog.=) ANY (c.unique_states) THEN c.unique_key END AS wanted_slot
  FROM (SELECT CAST(CAST($1 AS text) AS jsonb) AS given) AS w
  CROSS JOIN eram_jobs AS c
  WHERE
    c.stage = 2
    AND c.scheduled_at <= CASE
      WHEN w.given->>CAST('until' AS text) = 'infinity' THEN CAST('infinity' AS timestamptz)
      ELSE coalesce(pg_catalog.to_timestamp(CAST(w.given->>CAST('until' AS text) AS double precision) / CAST(1000 AS double precision)), now())
    END
    AND (w.given->CAST('queues' AS text) IS NULL OR w.given->CAST('queues' AS text) @> pg_catalog.to_jsonb(c.queue))
    AND (w.given->CAST('workers' AS text) IS NULL OR w.given->CAST('workers' AS text) @> pg_catalog.to_jsonb(c.worker))
  FOR UPDATE OF c SKIP LOCKED
), free AS (
  SELECT d.id
  FROM due AS d
  WHERE
    d.wanted_slot IS NULL
    OR d.unique_slot IS NOT NULL
    OR NOT EXISTS (SELECT FROM eram_jobs AS o WHERE o.unique_slot = d.wanted_slot)
      AND d.id = (SELECT pg_catalog.min(r.id) FROM due AS r WHERE r.wanted_slot = d.wanted_slot)
), staged AS (
  UPDATE eram_jobs AS j SET state = 'available' FROM free WHERE j.id = free.id RETURNING j.id
)
SELECT CAST(count(*) AS text) AS eram FROM staged
