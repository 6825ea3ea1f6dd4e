-- Records that the entries $1 are in the code of a live node, and deletes entries that have been in
-- no node's code for a month. Locked rows are left for the next time.
WITH forgotten AS (
  DELETE FROM eram_crons AS c
  WHERE c.name IN (
    SELECT o.name FROM eram_crons AS o
    WHERE o.code IS NOT NULL AND o.seen_at < pg_catalog.now() - interval '30 days' AND NOT o.name = ANY ($1::text[])
    FOR UPDATE SKIP LOCKED
  )
)
UPDATE eram_crons AS c
SET seen_at = pg_catalog.now()
WHERE c.name IN (
  SELECT o.name FROM eram_crons AS o
  WHERE o.name = ANY ($1::text[]) AND o.code IS NOT NULL AND o.seen_at < pg_catalog.now() - interval '30 seconds'
  FOR UPDATE SKIP LOCKED
)
