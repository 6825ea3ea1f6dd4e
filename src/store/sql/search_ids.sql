-- The ids of the next $3 jobs after id $1 and up to id $2 that meet the conditions.
SELECT c.id
FROM eram_jobs AS c
WHERE c.id > $1 AND c.id <= $2 AND true /* search */
ORDER BY c.id
LIMIT $3
