// The schema as facts: a statement that reads them, and those of a fresh migration (expected.json, which __test__/cli/facts.test.js generates).

import { readFileSync } from 'node:fs'

/** @import { Row } from './check.js' */

/** The facts of a schema, the same on every server version. */
export const FACTS = `
SELECT f.kind, f."table", f.name, replace(f.definition, quote_ident($1) || '.', '') AS definition
FROM (
  SELECT 'function' AS kind, '' AS "table", p.proname || '(' || oidvectortypes(p.proargtypes) || ')' AS name, md5(p.prosrc) AS definition
  FROM pg_proc AS p WHERE p.pronamespace = to_regnamespace(quote_ident($1)) AND starts_with(p.proname, 'eram_')
  UNION ALL
  SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
    || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
  FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relnamespace = to_regnamespace(quote_ident($1)) AND c.relkind = 'r' AND starts_with(c.relname, 'eram_')
  UNION ALL
  -- Without those of NOT NULL, which later servers list too.
  SELECT 'constraint', c.relname, n.conname, pg_get_constraintdef(n.oid)
  FROM pg_class AS c JOIN pg_constraint AS n ON n.conrelid = c.oid AND n.contype <> 'n'
  WHERE c.relnamespace = to_regnamespace(quote_ident($1)) AND starts_with(c.relname, 'eram_')
  UNION ALL
  SELECT 'index', c.relname, x.relname, pg_get_indexdef(x.oid)
  FROM pg_class AS c JOIN pg_index AS i ON i.indrelid = c.oid JOIN pg_class AS x ON x.oid = i.indexrelid
  WHERE c.relnamespace = to_regnamespace(quote_ident($1)) AND starts_with(c.relname, 'eram_')
    -- Leftovers of REINDEX CONCURRENTLY, which the reindexer removes.
    AND x.relname !~ '_ccnew[0-9]*$|_ccold[0-9]*$'
  UNION ALL
  -- Whether autovacuum is on has a check of its own.
  SELECT 'storage', c.relname, 'settings', (
    SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(c.reloptions) AS o WHERE o NOT LIKE 'autovacuum_enabled=%'
  )
  FROM pg_class AS c
  WHERE c.relnamespace = to_regnamespace(quote_ident($1)) AND c.relkind = 'r' AND starts_with(c.relname, 'eram_')
  UNION ALL
  SELECT 'trigger', c.relname, t.tgname, md5(replace(pg_get_triggerdef(t.oid), quote_ident($1) || '.', '')) || CASE t.tgenabled WHEN 'D' THEN ' disabled' ELSE '' END
  FROM pg_class AS c JOIN pg_trigger AS t ON t.tgrelid = c.oid AND NOT t.tgisinternal
  WHERE c.relnamespace = to_regnamespace(quote_ident($1)) AND starts_with(c.relname, 'eram_')
) AS f
ORDER BY 1, 2, 3`

/** The facts of a fresh migration. @type {Row[]} */
export const expected = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8'))
