-- Of the queues whose sleepers on this node rely on another node's sentinel, those that have no
-- sentinel any more, because it died. Also the ping of the LISTEN connection.
SELECT w.queue
FROM (SELECT q.queue, eram_queue_key(q.queue) AS key FROM pg_catalog.unnest($1::text[]) AS q(queue)) AS w
WHERE CASE WHEN pg_catalog.pg_try_advisory_lock_shared(w.key) THEN pg_catalog.pg_advisory_unlock_shared(w.key) ELSE false END
