-- Makes up to $1 due jobs available, oldest first; says which queues got some. A job that another transaction holds is left
-- for the next round.
WITH due AS (
  SELECT c.id
  FROM eram_jobs AS c
  WHERE c.stage = 2 AND c.scheduled_at <= now()
  ORDER BY c.scheduled_at, c.id
  LIMIT $1
  FOR UPDATE SKIP LOCKED
), staged AS (
  UPDATE eram_jobs AS j
  SET state = 'available'
  FROM due
  WHERE j.id = due.id
  RETURNING j.queue
)
SELECT s.queue, count(*) AS jobs
FROM staged AS s
GROUP BY s.queue
