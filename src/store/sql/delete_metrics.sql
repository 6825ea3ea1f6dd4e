-- Deletes up to $1 rows of ten seconds that are older than $2 seconds, oldest first. Only for the
-- leader, whose lease is [$3, $4, $5].
DELETE FROM eram_metrics AS m
USING (
  SELECT c.step, c.bucket, c.name, c.node, c.boot FROM eram_metrics AS c
  WHERE
    c.step = 10 AND c.bucket < now() - make_interval(secs => $2)
    AND (SELECT eram_holds_lease($3, $4, $5))
  ORDER BY c.bucket
  LIMIT $1
) AS old
WHERE (m.step, m.bucket, m.name, m.node, m.boot) = (old.step, old.bucket, old.name, old.node, old.boot)
