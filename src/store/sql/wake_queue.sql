-- The sentinel wakes for good: releases the lock first, then notifies the producers that rely on it. (The other way round, one of
-- them could find the lock still held, and sleep on although enqueues no longer notify.)
SELECT pg_advisory_unlock(eram_queue_key($1)), pg_notify(eram_channel('signal'), $2)
