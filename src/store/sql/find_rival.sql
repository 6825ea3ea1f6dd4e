-- Of the jobs that are meant ($1 names them, too), one that holds no place among unique jobs, and the one that has its key or
-- wants it as well.
SELECT c.id, o.id AS rival
FROM eram_jobs AS c
JOIN eram_jobs AS o ON o.unique_slot = c.unique_key AND o.id <> c.id
WHERE c.unique_slot IS NULL AND true /* filter */
UNION ALL
SELECT c.id, o.id
FROM eram_jobs AS c
JOIN eram_jobs AS o ON o.id = ANY ($1) AND o.id < c.id AND o.unique_key = c.unique_key AND o.unique_slot IS NULL
WHERE c.unique_slot IS NULL AND c.unique_key IS NOT NULL AND true /* filter */
LIMIT 1
