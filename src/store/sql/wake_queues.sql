-- Notifies the sleeping producers of these queues, through the same gate as in eram_enqueue_jobs.
SELECT pg_catalog.pg_notify(eram_channel('insert'), q.queue)
FROM pg_catalog.unnest($1::text[]) AS q(queue)
WHERE NOT pg_catalog.pg_try_advisory_xact_lock_shared(eram_queue_key(q.queue))
