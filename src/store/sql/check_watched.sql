-- Of the queues on which this node's sleepers rely on another node's sentinel, those that have none any more: it died without
-- a word. Also the ping of the connection that listens.
SELECT w.queue
FROM (SELECT q.queue, eram_queue_key(q.queue) AS key FROM unnest($1::text[]) AS q(queue)) AS w
WHERE CASE WHEN pg_try_advisory_lock_shared(w.key) THEN pg_advisory_unlock_shared(w.key) ELSE false END
