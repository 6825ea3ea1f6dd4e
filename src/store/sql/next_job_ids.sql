-- The next $15 of the chosen jobs, after id $13 and up to id $14.
SELECT c.id
FROM eram_jobs AS c
WHERE c.id > $13 AND c.id <= $14 AND true /* filter */
ORDER BY c.id
LIMIT $15
