SELECT pg_relation_size(to_regclass(format('%I.eram_jobs', $1::text))) / current_setting('block_size')::bigint AS pages
