-- The queues that nodes serve, that have settings, or in which jobs wait; and the nodes that serve
-- queues or have settings. Queues with available jobs are found by stepping through the index from
-- one queue to the next; queues in which all jobs are due later are found only if they are among
-- the first of these jobs.
WITH RECURSIVE leap AS (
  (SELECT c.queue FROM eram_jobs AS c WHERE c.stage = 1 ORDER BY c.queue LIMIT 1)
  UNION ALL
  SELECT (SELECT c.queue FROM eram_jobs AS c WHERE c.stage = 1 AND c.queue > leap.queue ORDER BY c.queue LIMIT 1)
  FROM leap WHERE leap.queue IS NOT NULL
)
SELECT
  ARRAY(
    SELECT leap.queue FROM leap WHERE leap.queue IS NOT NULL
    UNION SELECT l.queue FROM (SELECT c.queue FROM eram_jobs AS c WHERE c.stage = 2 ORDER BY c.scheduled_at LIMIT 1000) AS l
    UNION SELECT l.queue FROM (SELECT c.queue FROM eram_jobs AS c WHERE c.stage = 3 LIMIT 1000) AS l
    UNION SELECT p.queue FROM eram_producers AS p
    UNION SELECT q.queue FROM eram_queues AS q
    ORDER BY 1
  ) AS queues,
  ARRAY(
    SELECT p.node FROM eram_producers AS p
    UNION SELECT q.node FROM eram_queues AS q WHERE q.node <> '*'
    ORDER BY 1
  ) AS nodes
