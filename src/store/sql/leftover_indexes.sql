-- Invalid indexes of the tables of schema $1 that an interrupted REINDEX CONCURRENTLY left behind:
-- it had not finished the new index, or not yet dropped the old one.
SELECT i.relname::text AS name
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE n.nspname = $1 AND t.relname LIKE 'eram\_%'::text AND NOT x.indisvalid AND i.relname ~ '_cc(new|old)[0-9]*$'::text
ORDER BY i.relname
