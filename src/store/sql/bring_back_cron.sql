-- Has the entry $1 tick from now on, if it is settled up to a moment more than $4 seconds in the
-- future, and is as it was read (changed at $2, settled up to $3). Does not wait for a lock.
WITH held AS (
  SELECT c.name
  FROM eram_crons AS c
  WHERE
    c.name = $1 AND c.updated_at = $2 AND greatest(c.last_at, c.since) = $3
    AND $3 > clock_timestamp() + pg_catalog.make_interval(secs => $4)
  FOR UPDATE SKIP LOCKED
)
UPDATE eram_crons AS c
SET last_at = CASE WHEN c.last_at > clock_timestamp() THEN NULL ELSE c.last_at END, since = clock_timestamp()
FROM held
WHERE c.name = held.name
