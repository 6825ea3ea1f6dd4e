-- Recorded changes, newest first, each as a JSON text; with $7, only those before this id.
SELECT pg_catalog.jsonb_build_object(
  'id', a.id, 'at', a.at, 'user', a.user_label, 'operation', a.operation, 'permission', a.permission, 'target', a.target,
  'options', a.options, 'before', a.before, 'after', a.after, 'result', a.result, 'status', a.status, 'code', a.code,
  'address', a.address, 'instance', a.instance, 'node', a.node
)::text AS entry
FROM eram_audit AS a
WHERE
  ($1::text IS NULL OR a.user_label = $1)
  AND ($2::text[] IS NULL OR a.operation = ANY ($2))
  AND ($3::text IS NULL OR a.target = $3)
  AND ($4::text[] IS NULL OR a.result = ANY ($4))
  AND ($5::text IS NULL OR a.at >= $5::timestamptz)
  AND ($6::text IS NULL OR a.at < $6::timestamptz)
  AND ($7::bigint IS NULL OR a.id < $7)
ORDER BY a.id DESC
LIMIT $8
