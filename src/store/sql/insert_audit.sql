-- Records a change that was asked for over HTTP: a JSON text whose members are columns.
INSERT INTO eram_audit (
  user_label, operation, permission, target, options, before, after, result, status, code, address, instance, node
)
SELECT
  a.user_label, a.operation, a.permission, a.target, a.options, a.before, a.after, a.result, a.status, a.code, a.address, $2, $3
FROM pg_catalog.jsonb_to_record($1::text::jsonb) AS a(
  user_label text, operation text, permission text, target text, options jsonb, before jsonb, after jsonb, result text,
  status smallint, code text, address text
)
