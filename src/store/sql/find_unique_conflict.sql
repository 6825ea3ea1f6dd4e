-- Of the chosen jobs, one that does not hold its unique key, and the job that holds or also needs
-- that key.
WITH meant AS MATERIALIZED (
  SELECT c.id, c.unique_key, pg_catalog.min(c.id) OVER (PARTITION BY c.unique_key) AS eldest
  FROM eram_jobs AS c
  WHERE c.unique_key IS NOT NULL AND c.unique_slot IS NULL AND true /* filter */
)
SELECT m.id, o.id AS rival
FROM meant AS m
JOIN eram_jobs AS o ON o.unique_slot = m.unique_key AND o.id <> m.id
UNION ALL
SELECT m.id, m.eldest FROM meant AS m WHERE m.eldest < m.id
LIMIT 1
