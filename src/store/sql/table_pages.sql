SELECT pg_catalog.pg_relation_size(pg_catalog.to_regclass(pg_catalog.format('%I.eram_jobs', $1::text))) / pg_catalog.current_setting('block_size')::bigint AS pages
