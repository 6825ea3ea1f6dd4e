-- The fetch: claims up to `max_jobs` jobs of a queue for these workers, as [node, producer] of this
-- version of the application, in the order in which they are to run. Jobs that only some versions
-- may run are claimed if their rule and version are among the given pairs; plain and pinned jobs
-- share one order. Locks more rows than it claims, until the transaction ends.
--
-- It reads in ranges of priorities: from the mark (priority firsts[n], marks[n], mark_ids[n]) up to
-- the end of priority lasts[n]; 10 is added to the priorities of the ranges of pinned jobs. Entries
-- of claimed jobs stay in the index as long as any transaction might see them; the marks lead past
-- those, and past jobs that no node can run. What waits before a mark is found by eram_survey_queue.
--
-- A function, because it is planned once per session: planning takes longer than claiming one job.
-- enable_...: no plan may read or sort all waiting jobs instead of the head of an index because the
-- statistics date from a time when almost nothing waited. Disabling gives plans a cost at which they
-- would be compiled (jit), which takes longer than any fetch. By ctid, because a join on id becomes
-- a scan of the whole table under a generic plan; locked rows do not move. attempt < max_attempts is
-- part of the claim: exhausted rows (made by hand) must not block the head of the queue.
CREATE FUNCTION eram_fetch_jobs(
  from_queue text, max_jobs bigint, node text, producer text, workers text[], of_version text, rules text[], versions text[],
  firsts smallint[] DEFAULT '{0,10}', lasts smallint[] DEFAULT '{9,19}',
  marks timestamptz[] DEFAULT '{-infinity,-infinity}', mark_ids bigint[] DEFAULT '{0,0}'
) RETURNS SETOF eram_jobs
LANGUAGE plpgsql SET search_path FROM CURRENT SET jit = off SET enable_seqscan = off SET enable_sort = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  rows_to_claim tid[];
BEGIN
  IF pg_catalog.cardinality(firsts) > 2 THEN
    rows_to_claim := ARRAY(
      WITH plain AS (
        SELECT w.ctid, w.priority, w.scheduled_at, w.id
        FROM ROWS FROM (pg_catalog.unnest(firsts), pg_catalog.unnest(lasts), pg_catalog.unnest(marks), pg_catalog.unnest(mark_ids))
          AS m(first, last, since, id)
        CROSS JOIN LATERAL (
          SELECT c.ctid, c.priority, c.scheduled_at, c.id
          FROM eram_jobs AS c
          WHERE
            c.stage = 1 AND c.queue = from_queue AND c.priority <= m.last
            AND (c.priority, c.scheduled_at, c.id) >= (m.first, m.since, m.id)
            AND c.worker = ANY (workers) AND c.attempt < c.max_attempts
          ORDER BY c.priority, c.scheduled_at, c.id
          LIMIT max_jobs
          FOR UPDATE SKIP LOCKED
        ) AS w
        WHERE m.first < 10
        LIMIT max_jobs
      ), pinned AS (
        SELECT w.ctid, w.priority, w.scheduled_at, w.id
        FROM ROWS FROM (pg_catalog.unnest(rules), pg_catalog.unnest(versions)) AS pin(rule, version)
        CROSS JOIN LATERAL (
          SELECT p.ctid, p.priority, p.scheduled_at, p.id
          FROM ROWS FROM (pg_catalog.unnest(firsts), pg_catalog.unnest(lasts), pg_catalog.unnest(marks), pg_catalog.unnest(mark_ids))
            AS m(first, last, since, id)
          CROSS JOIN LATERAL (
            SELECT c.ctid, c.priority, c.scheduled_at, c.id
            FROM eram_jobs AS c
            WHERE
              c.stage = 3 AND c.queue = from_queue AND c.version_rule = pin.rule AND c.version = pin.version
              AND c.priority <= (m.last - 10)::smallint
              AND (c.priority, c.scheduled_at, c.id) >= ((m.first - 10)::smallint, m.since, m.id)
              AND c.worker = ANY (workers) AND c.attempt < c.max_attempts
            ORDER BY c.priority, c.scheduled_at, c.id
            LIMIT max_jobs
            FOR UPDATE SKIP LOCKED
          ) AS p
          WHERE m.first >= 10
          LIMIT max_jobs
        ) AS w
      )
      SELECT w.ctid
      FROM (SELECT * FROM plain UNION ALL SELECT * FROM pinned) AS w
      ORDER BY w.priority, w.scheduled_at, w.id
      LIMIT max_jobs
    );
  -- One range of plain jobs and one of pinned ones, as long as no priority takes long to read.
  ELSIF pg_catalog.cardinality(rules) > 0 THEN
    rows_to_claim := ARRAY(
      WITH plain AS (
        SELECT c.ctid, c.priority, c.scheduled_at, c.id
        FROM eram_jobs AS c
        WHERE
          c.stage = 1 AND c.queue = from_queue AND (c.priority, c.scheduled_at, c.id) >= (firsts[1], marks[1], mark_ids[1])
          AND c.worker = ANY (workers) AND c.attempt < c.max_attempts
        ORDER BY c.priority, c.scheduled_at, c.id
        LIMIT max_jobs
        FOR UPDATE SKIP LOCKED
      ), pinned AS (
        SELECT p.ctid, p.priority, p.scheduled_at, p.id
        FROM ROWS FROM (pg_catalog.unnest(rules), pg_catalog.unnest(versions)) AS pin(rule, version)
        CROSS JOIN LATERAL (
          SELECT c.ctid, c.priority, c.scheduled_at, c.id
          FROM eram_jobs AS c
          WHERE
            c.stage = 3 AND c.queue = from_queue AND c.version_rule = pin.rule AND c.version = pin.version
            AND (c.priority, c.scheduled_at, c.id) >= ((firsts[2] - 10)::smallint, marks[2], mark_ids[2])
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
      WHERE
        c.stage = 1 AND c.queue = from_queue AND (c.priority, c.scheduled_at, c.id) >= (firsts[1], marks[1], mark_ids[1])
        AND c.worker = ANY (workers) AND c.attempt < c.max_attempts
      ORDER BY c.priority, c.scheduled_at, c.id
      LIMIT max_jobs
      FOR UPDATE SKIP LOCKED
    );
  END IF;
  IF pg_catalog.cardinality(rows_to_claim) > 0 THEN
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

-- The first job of each priority that the fetch could claim, plain and pinned ones apart, or nulls
-- where none waits; `took` is how many seconds it took to look so far, from `seen_at`, the time at
-- which that is so. Reads the whole queue up to
-- these jobs, by the index alone where the table was vacuumed, and locks nothing.
CREATE FUNCTION eram_survey_queue(from_queue text, workers text[], rules text[], versions text[])
RETURNS TABLE (
  pinned boolean, priority smallint, scheduled_at timestamptz, id bigint, seen_at timestamptz, took double precision
)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET jit = off SET enable_seqscan = off SET enable_sort = off
SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  begun CONSTANT timestamptz := pg_catalog.clock_timestamp();
  priorities CONSTANT smallint[] := '{0,1,2,3,4,5,6,7,8,9}';
BEGIN
  RETURN QUERY
  SELECT false, p.priority, f.scheduled_at, f.id, now(), pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - begun)
  FROM pg_catalog.unnest(priorities) AS p(priority)
  LEFT JOIN LATERAL (
    SELECT c.scheduled_at, c.id
    FROM eram_jobs AS c
    WHERE
      c.stage = 1 AND c.queue = from_queue AND c.priority = p.priority AND c.worker = ANY (workers)
      AND (SELECT j.attempt < j.max_attempts FROM eram_jobs AS j WHERE j.id = c.id)
    ORDER BY c.scheduled_at, c.id
    LIMIT 1
  ) AS f ON true;
  IF pg_catalog.cardinality(rules) > 0 THEN
    RETURN QUERY
    SELECT true, p.priority, f.scheduled_at, f.id, now(), pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - begun)
    FROM pg_catalog.unnest(priorities) AS p(priority)
    LEFT JOIN LATERAL (
      SELECT g.scheduled_at, g.id
      FROM ROWS FROM (pg_catalog.unnest(rules), pg_catalog.unnest(versions)) AS pin(rule, version)
      CROSS JOIN LATERAL (
        SELECT c.scheduled_at, c.id
        FROM eram_jobs AS c
        WHERE
          c.stage = 3 AND c.queue = from_queue AND c.version_rule = pin.rule AND c.version = pin.version
          AND c.priority = p.priority AND c.worker = ANY (workers)
          AND (SELECT j.attempt < j.max_attempts FROM eram_jobs AS j WHERE j.id = c.id)
        ORDER BY c.scheduled_at, c.id
        LIMIT 1
      ) AS g
      ORDER BY g.scheduled_at, g.id
      LIMIT 1
    ) AS f ON true;
  END IF;
END
$$;
