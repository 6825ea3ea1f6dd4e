-- Producers that have not been heard of for $1 seconds, and when they last were.
SELECT p.uuid, p.updated_at
FROM eram_producers AS p
WHERE p.updated_at < now() - make_interval(secs => $1)
ORDER BY p.updated_at
