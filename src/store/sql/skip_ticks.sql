-- Settles the ticks of the entry $1 up to $2 without jobs; $3 ticks were missed. Only if the entry
-- is as it was read ($4, $5).
UPDATE eram_crons AS c
SET since = $2, missed = c.missed + $3
WHERE c.name = $1 AND c.updated_at = $4 AND greatest(c.last_at, c.since) = $5 AND $5 < $2 AND $2 <= clock_timestamp()
