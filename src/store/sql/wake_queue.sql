-- Wakes the sentinel for good: releases the lock first, then notifies the producers that rely on
-- it. (In the reverse order, one of them could find the lock still held, and continue to sleep
-- although enqueues no longer notify.)
SELECT pg_catalog.pg_advisory_unlock(eram_queue_key($1)), pg_catalog.pg_notify(eram_channel('signal'), $2)
