-- The fetch: claims up to `max_jobs` jobs of a queue for these workers, as [node, producer] of this
-- version of the application, in the order in which they are to run. Jobs that only some versions
-- may run are claimed if their rule and version are among the given pairs; plain and pinned jobs
-- share one order. Locks more rows than it claims, until the transaction ends.
--
-- A function, because it is planned once per session: planning takes longer than claiming one job.
-- enable_…: no plan may read or sort all waiting jobs instead of the head of an index because the
-- statistics date from a time when almost nothing waited. By ctid, because a join on id becomes a
-- scan of the whole table under a generic plan; locked rows do not move. attempt < max_attempts is
-- part of the claim: exhausted rows (made by hand) must not block the head of the queue.
CREATE FUNCTION eram_fetch_jobs(
  from_queue text, max_jobs bigint, node text, producer text, workers text[], of_version text, rules text[], versions text[]
) RETURNS SETOF eram_jobs
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET enable_sort = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  rows_to_claim tid[];
BEGIN
  IF cardinality(rules) > 0 THEN
    rows_to_claim := ARRAY(
      WITH plain AS (
        SELECT c.ctid, c.priority, c.scheduled_at, c.id
        FROM eram_jobs AS c
        WHERE c.stage = 1 AND c.queue = from_queue AND c.worker = ANY (workers) AND c.attempt < c.max_attempts
        ORDER BY c.priority, c.scheduled_at, c.id
        LIMIT max_jobs
        FOR UPDATE SKIP LOCKED
      ), pinned AS (
        SELECT p.ctid, p.priority, p.scheduled_at, p.id
        FROM unnest(rules, versions) AS pin(rule, version)
        CROSS JOIN LATERAL (
          SELECT c.ctid, c.priority, c.scheduled_at, c.id
          FROM eram_jobs AS c
          WHERE
            c.stage = 3 AND c.queue = from_queue AND c.version_rule = pin.rule AND c.version = pin.version
            AND c.worker = ANY (workers) AND c.attempt < c.max_attempts
          ORDER BY c.priority, c.scheduled_at, c.id
          LIMIT max_jobs
          FOR UPDATE SKIP LOCKED
        ) AS p
      )
      SELECT w.ctid
      FROM (SELECT * FROM plain UNION ALL SELECT * FROM pinned) AS w
      ORDER BY w.priority, w.scheduled_at, w.id
      LIMIT max_jobs
    );
  ELSE
    rows_to_claim := ARRAY(
      SELECT c.ctid
      FROM eram_jobs AS c
      WHERE c.stage = 1 AND c.queue = from_queue AND c.worker = ANY (workers) AND c.attempt < c.max_attempts
      ORDER BY c.priority, c.scheduled_at, c.id
      LIMIT max_jobs
      FOR UPDATE SKIP LOCKED
    );
  END IF;
  IF cardinality(rows_to_claim) > 0 THEN
    RETURN QUERY
    UPDATE eram_jobs AS j
    SET
      state = 'executing',
      attempt = j.attempt + 1,
      attempted_at = now(),
      attempted_by = ARRAY[node, producer],
      attempted_version = of_version
    WHERE j.ctid = ANY (rows_to_claim)
    RETURNING j.*;
  END IF;
END
$$;
