-- Test schemas that were created more than an hour ago, as their comments say.
SELECT n.nspname::text AS name
FROM pg_namespace AS n
WHERE
  pg_catalog.obj_description(n.oid, 'pg_namespace') ~ '^eramjs test schema [0-9]{1,12}$'
  AND substring(pg_catalog.obj_description(n.oid, 'pg_namespace') FROM '[0-9]+$')::bigint < extract(epoch FROM pg_catalog.now())::bigint - 3600
