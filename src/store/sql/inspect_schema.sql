-- What is to be known of schema $1 before an engine relies on it, in one JSON text. Reads catalogs alone, so it
-- answers to a role without any grant, too.
WITH space AS (
  SELECT n.oid, n.nspname, n.nspowner, n.nspacl FROM pg_catalog.pg_namespace AS n WHERE n.nspname = $1::text::name
), kept AS (
  SELECT c.oid, c.relname, c.relkind, c.relpersistence, c.relowner
  FROM pg_catalog.pg_class AS c
  WHERE
    c.relnamespace = (SELECT s.oid FROM space AS s) AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
    AND pg_catalog.starts_with(c.relname::text, 'eram_')
), owner AS (
  SELECT k.relowner FROM kept AS k WHERE k.relname = 'eram_jobs'
), own AS (
  SELECT p.oid, p.proname, p.proconfig
  FROM pg_catalog.pg_proc AS p
  WHERE p.pronamespace = (SELECT s.oid FROM space AS s) AND pg_catalog.starts_with(p.proname::text, 'eram_')
), creator AS (
  -- Who may make a function in the schema, besides its owner, that of the tables, and superusers.
  SELECT DISTINCT a.grantee
  FROM space AS s
  CROSS JOIN LATERAL pg_catalog.aclexplode(s.nspacl) AS a
  LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee
  WHERE
    a.privilege_type = 'CREATE' AND a.grantee <> s.nspowner AND NOT coalesce(r.rolsuper, false)
    AND a.grantee <> ALL (ARRAY(SELECT o.relowner FROM owner AS o))
), overload AS (
  SELECT
    'function' AS kind, pg_catalog.format('%I.%I(%s)', s.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) AS name,
    p.proowner AS owner, p.oid, 'pg_catalog.pg_proc'::pg_catalog.regclass AS class
  FROM space AS s
  JOIN pg_catalog.pg_proc AS p ON p.pronamespace = s.oid
  WHERE EXISTS (SELECT FROM pg_catalog.pg_proc AS b WHERE b.proname = p.proname AND b.pronamespace = 'pg_catalog'::pg_catalog.regnamespace)
  UNION ALL
  SELECT
    'operator', pg_catalog.format('%I.%s (%s, %s)', s.nspname, p.oprname, nullif(p.oprleft, 0)::pg_catalog.regtype, p.oprright::pg_catalog.regtype),
    p.oprowner, p.oid, 'pg_catalog.pg_operator'::pg_catalog.regclass
  FROM space AS s
  JOIN pg_catalog.pg_operator AS p ON p.oprnamespace = s.oid
  WHERE EXISTS (SELECT FROM pg_catalog.pg_operator AS b WHERE b.oprname = p.oprname AND b.oprnamespace = 'pg_catalog'::pg_catalog.regnamespace)
), foreign_overload AS (
  SELECT o.kind, o.name, r.rolname
  FROM overload AS o
  JOIN pg_catalog.pg_roles AS r ON r.oid = o.owner
  WHERE
    NOT r.rolsuper AND o.owner <> ALL (ARRAY(SELECT w.relowner FROM owner AS w))
    AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d
      WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e')
)
SELECT pg_catalog.json_build_object(
  'role', current_user,
  'exists', EXISTS (SELECT FROM space AS s),
  'privileges', ARRAY(
    SELECT p.name FROM space AS s CROSS JOIN pg_catalog.unnest(ARRAY['USAGE', 'CREATE']) AS p(name)
    WHERE pg_catalog.has_schema_privilege(s.oid, p.name)),
  'encoding', pg_catalog.current_setting('server_encoding'),
  'standby', pg_is_in_recovery(),
  'limits', (
    SELECT pg_catalog.json_build_object('role', r.rolname, 'of_role', r.rolconnlimit, 'of_database', d.datconnlimit)
    FROM pg_catalog.pg_roles AS r, pg_catalog.pg_database AS d
    WHERE r.rolname = session_user AND NOT r.rolsuper AND d.datname = current_catalog),
  'tables', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
    'name', k.relname,
    'kind', k.relkind::text,
    'persistence', k.relpersistence::text,
    'privileges', ARRAY(
      SELECT p.name FROM pg_catalog.unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p(name)
      WHERE pg_catalog.has_table_privilege(k.oid, p.name)),
    'readable', ARRAY(
      SELECT a.attname FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid = k.oid AND a.attnum > 0 AND NOT a.attisdropped AND k.relname = 'eram_jobs'
        AND a.attname IN ('id', 'state', 'queue', 'worker', 'scheduled_at', 'inserted_at')
        AND pg_catalog.has_column_privilege(k.oid, a.attnum, 'SELECT')),
    'secured', pg_catalog.row_security_active(k.oid),
    'policies', CASE WHEN pg_catalog.row_security_active(k.oid) THEN (
      SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
        'command', p.polcmd::text,
        'permits', p.polpermissive,
        'sees', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
        'writes', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))), '[]'::json)
      FROM pg_catalog.pg_policy AS p
      WHERE p.polrelid = k.oid AND EXISTS (
        SELECT FROM pg_catalog.unnest(p.polroles) AS r(role)
        WHERE CASE WHEN r.role = 0 THEN true ELSE pg_catalog.pg_has_role(r.role, 'USAGE') END)
    ) ELSE '[]'::json END,
    'disabled', ARRAY(
      SELECT t.tgname FROM pg_catalog.pg_trigger AS t
      WHERE t.tgrelid = k.oid AND t.tgenabled IN ('D', 'R') AND pg_catalog.starts_with(t.tgname::text, 'eram_'))
  ) ORDER BY k.relname), '[]'::json) FROM kept AS k),
  'functions', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
    'name', pg_catalog.format('%I(%s)', f.proname, pg_catalog.pg_get_function_identity_arguments(f.oid)),
    'execute', pg_catalog.has_function_privilege(f.oid, 'EXECUTE'),
    'path', (
      SELECT pg_catalog.substr(c.setting, 13) FROM pg_catalog.unnest(f.proconfig) AS c(setting)
      WHERE pg_catalog.starts_with(c.setting, 'search_path='))
  ) ORDER BY f.proname), '[]'::json) FROM own AS f),
  'sequence', (
    SELECT pg_catalog.json_build_object(
      'name', q.oid::pg_catalog.regclass::text,
      'max', s.seqmax,
      'readable', pg_catalog.has_sequence_privilege(q.oid, 'USAGE, SELECT'))
    FROM kept AS k
    JOIN pg_catalog.pg_depend AS d ON
      d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = k.oid
      AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('i', 'a')
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.oid AND a.attnum = d.refobjsubid AND a.attname = 'id'
    JOIN pg_catalog.pg_class AS q ON q.oid = d.objid AND q.relkind = 'S'
    JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = q.oid
    WHERE k.relname = 'eram_jobs'
    LIMIT 1),
  'invalid_indexes', ARRAY(
    SELECT x.indexrelid::pg_catalog.regclass::text
    FROM pg_catalog.pg_index AS x
    WHERE
      NOT (x.indisvalid AND x.indisready) AND x.indrelid = ANY (ARRAY(SELECT k.oid FROM kept AS k))
      -- Other names are those of what a rebuild has left behind.
      AND (SELECT i.relname::text FROM pg_catalog.pg_class AS i WHERE i.oid = x.indexrelid) ~ '(_index|_pkey)$'
    ORDER BY 1),
  'creators', ARRAY(SELECT coalesce(r.rolname::text, '') FROM creator AS c LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = c.grantee ORDER BY 1),
  'overloads', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('kind', o.kind, 'name', o.name, 'owner', o.rolname)), '[]'::json) FROM foreign_overload AS o)
)::text AS found
