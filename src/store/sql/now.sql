-- The database's time, in microseconds since 1970.
SELECT (extract(epoch FROM clock_timestamp())::double precision * 1000000::double precision)::bigint AS now
