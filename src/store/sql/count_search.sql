-- A part of a search: of the $2 newest jobs with an id lower than $1, and of at most $3, the numbers by state and worker of those
-- that meet the conditions, and the newest of each. Each row has the id that the part ends at; one without a state says so if no job was found.
WITH edge AS MATERIALIZED (
  SELECT coalesce(
    (SELECT e.id FROM eram_jobs AS e WHERE e.id < $1 ORDER BY e.id DESC OFFSET $2 LIMIT 1), -9223372036854775808
  ) AS id
)
SELECT edge.id AS edge, g.state, g.worker, g.jobs, g.newest
FROM edge
LEFT JOIN LATERAL (
  SELECT c.state::text AS state, c.worker, count(*) AS jobs, pg_catalog.max(c.id) AS newest
  FROM eram_jobs AS c
  WHERE c.id < $1 AND c.id > edge.id AND c.id <= $3 AND true /* search */
  GROUP BY c.state, c.worker
) AS g ON true
