-- Deletes up to $2 recorded changes that are older than $1 seconds, oldest first. Only for the leader, whose lease is [$3, $4, $5].
DELETE FROM eram_audit AS a
WHERE
  a.id = ANY (ARRAY(
    SELECT o.id FROM eram_audit AS o
    WHERE
      o.at < pg_catalog.now() - pg_catalog.make_interval(secs => $1::double precision)
      AND (SELECT eram_holds_lease($3, $4, $5))
    ORDER BY o.at
    LIMIT $2::bigint
  ))
