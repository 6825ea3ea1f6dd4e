-- The sentinel wakes for good: lets go of the lock first, then tells those that relied on it. (The other way round, one of
-- them could look, find the lock still held, and sleep on while nobody is notified any more.)
SELECT pg_advisory_unlock(eram_queue_key($1)), pg_notify(eram_channel('signal'), $2)
