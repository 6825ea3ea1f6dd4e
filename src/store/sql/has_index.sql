-- Whether schema $1 has an index $2.
SELECT FROM pg_class AS i
JOIN pg_namespace AS n ON n.oid = i.relnamespace
WHERE n.nspname = $1 AND i.relname = $2 AND i.relkind = 'i'
