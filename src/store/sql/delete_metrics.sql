-- Deletes up to $1 rows of each step that are too old, oldest first: rows of ten seconds from before
-- $2, of minutes from before $3, of hours from before $4. Only for the leader, whose lease is
-- [$5, $6, $7].
DELETE FROM eram_metrics AS m
USING (
  (
    SELECT c.step, c.bucket, c.name, c.node, c.boot FROM eram_metrics AS c
    WHERE c.step = 10 AND c.bucket < $2 AND (SELECT eram_holds_lease($5, $6, $7))
    ORDER BY c.bucket LIMIT $1
  )
  UNION ALL
  (
    SELECT c.step, c.bucket, c.name, c.node, c.boot FROM eram_metrics AS c
    WHERE c.step = 60 AND c.bucket < $3 AND (SELECT eram_holds_lease($5, $6, $7))
    ORDER BY c.bucket LIMIT $1
  )
  UNION ALL
  (
    SELECT c.step, c.bucket, c.name, c.node, c.boot FROM eram_metrics AS c
    WHERE c.step = 3600 AND c.bucket < $4 AND (SELECT eram_holds_lease($5, $6, $7))
    ORDER BY c.bucket LIMIT $1
  )
) AS old
WHERE (m.step, m.bucket, m.name, m.node, m.boot) = (old.step, old.bucket, old.name, old.node, old.boot)
