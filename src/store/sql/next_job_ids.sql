-- The next $14 of the chosen jobs, after id $12 and up to id $13.
SELECT c.id
FROM eram_jobs AS c
WHERE c.id > $12 AND c.id <= $13 AND true /* filter */
ORDER BY c.id
LIMIT $14
