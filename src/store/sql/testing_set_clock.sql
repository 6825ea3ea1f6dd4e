-- For the testing kit: sets the clock of the schema to `at`, milliseconds since 1970, or back to
-- the server's.
UPDATE eram_clock AS c
SET ahead = coalesce(pg_catalog.make_interval(secs => w.at / CAST(1000 AS double precision)) - pg_catalog.make_interval(secs => CAST(extract(epoch FROM pg_catalog.clock_timestamp()) AS double precision)), interval '0')
FROM (SELECT CAST(CAST(CAST($1 AS text) AS jsonb)->>CAST('at' AS text) AS double precision) AS at) AS w
RETURNING CAST(c.ahead AS text) AS eram
