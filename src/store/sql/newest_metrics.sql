-- The database's time, and when the newest bucket of ten seconds begins; null if there is none.
SELECT
  (extract(epoch FROM clock_timestamp())::double precision * 1000000::double precision)::bigint AS now,
  (SELECT pg_catalog.max(m.bucket) FROM eram_metrics AS m WHERE m.step = 10) AS newest
