-- The fetch: claims up to `most` jobs of a queue for these workers, as [node, producer] of that version of the application, in the
-- order in which they are to run; and of those that only some versions may run, the ones whose rule and version are among these
-- pairs. Plain and pinned jobs keep their common order; more are locked than are claimed, until the transaction ends.
-- A function, because it is planned once a session: planning takes longer than claiming one job.
-- enable_…: no plan may read or sort all that waits, instead of the head of an index, because next to nothing waited when the
-- statistics were made. By ctid, because a join on id turns into a scan of the whole table under a generic plan; what is locked
-- stays where it is.
-- attempt < max_attempts inside the claim: exhausted rows (made by hand) must not hold up the head of the queue.
CREATE FUNCTION eram_fetch_jobs(
  from_queue text, most bigint, node text, producer text, workers text[], of_version text, rules text[], versions text[]
) RETURNS SETOF eram_jobs
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET enable_sort = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  places tid[];
BEGIN
  IF cardinality(rules) > 0 THEN
    places := ARRAY(
      WITH plain AS (
        SELECT c.ctid, c.priority, c.scheduled_at, c.id
        FROM eram_jobs AS c
        WHERE c.stage = 1 AND c.queue = from_queue AND c.worker = ANY (workers) AND c.attempt < c.max_attempts
        ORDER BY c.priority, c.scheduled_at, c.id
        LIMIT most
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
          LIMIT most
          FOR UPDATE SKIP LOCKED
        ) AS p
      )
      SELECT w.ctid
      FROM (SELECT * FROM plain UNION ALL SELECT * FROM pinned) AS w
      ORDER BY w.priority, w.scheduled_at, w.id
      LIMIT most
    );
  ELSE
    places := ARRAY(
      SELECT c.ctid
      FROM eram_jobs AS c
      WHERE c.stage = 1 AND c.queue = from_queue AND c.worker = ANY (workers) AND c.attempt < c.max_attempts
      ORDER BY c.priority, c.scheduled_at, c.id
      LIMIT most
      FOR UPDATE SKIP LOCKED
    );
  END IF;
  IF cardinality(places) > 0 THEN
    RETURN QUERY
    UPDATE eram_jobs AS j
    SET
      state = 'executing',
      attempt = j.attempt + 1,
      attempted_at = now(),
      attempted_by = ARRAY[node, producer],
      attempted_version = of_version
    WHERE j.ctid = ANY (places)
    RETURNING j.*;
  END IF;
END
$$;
