-- Whether a producer of queue $1 may sleep. Runs on the LISTEN connection, which holds the locks.
--   sentinel  the producer now holds the lock: every enqueue notifies
--   watched   another producer holds it: every enqueue notifies, and that producer notifies when it
--             wakes
--   busy      an enqueue that saw no sleeper has not committed yet: poll again shortly
SELECT CASE
  WHEN pg_catalog.pg_try_advisory_lock(eram_queue_key($1)) THEN 'sentinel'
  WHEN pg_catalog.pg_try_advisory_lock_shared(eram_queue_key($1)) THEN CASE WHEN pg_catalog.pg_advisory_unlock_shared(eram_queue_key($1)) THEN 'busy' END
  ELSE 'watched'
END AS sleep
