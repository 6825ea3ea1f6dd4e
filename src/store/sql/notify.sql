SELECT pg_catalog.pg_notify(eram_channel($1), $2)
