// rights: what the role may do on the tables and functions, and what others may do to the schema.

import { findingOf } from '../check.js'

/** @import { Check } from '../check.js' */

/** @type {Check} */
export const rights = {
  id: 'rights',
  looks: 'what this role may do, and who else may put functions into the schema',
  statements: () => [
    `SELECT current_user AS role, has_schema_privilege($1, 'USAGE') AS usage`,
    `SELECT c.relname AS name, t.privilege FROM pg_class AS c
     CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS t(privilege)
     WHERE c.relnamespace = to_regnamespace(quote_ident($1)) AND c.relkind IN ('r', 'p') AND starts_with(c.relname, 'eram_')
       AND c.relname <> 'eram_migrations' AND NOT has_table_privilege(c.oid, t.privilege)
     ORDER BY 1, 2`,
    `SELECT p.oid::regprocedure::text AS name FROM pg_proc AS p
     WHERE p.pronamespace = to_regnamespace(quote_ident($1)) AND starts_with(p.proname, 'eram_') AND NOT has_function_privilege(p.oid, 'EXECUTE')
     ORDER BY 1`,
  ],
  run({ prefix, status }, [who], tables = [], functions = []) {
    const others = status.warnings.filter(({ check }) => check === 'others').map(findingOf)
    const role = who?.role
    if (!who?.usage)
      return [
        { level: 'fail', saw: `role ${role} may not use schema ${prefix}`, fix: `See \`npx eramjs grants --role ${role} --as worker\`.` },
      ]
    const missing = [
      ...tables.map(({ name, privilege }) => `${privilege} on ${name}`),
      ...functions.map(({ name }) => `EXECUTE on ${name}`),
    ]
    if (missing.length === 0) return others
    return [
      ...others,
      {
        level: 'warn',
        saw: `role ${role} cannot run queues: it lacks ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ` and ${missing.length - 5} more` : ''}`,
        why: 'A role that only enqueues or reads needs less.',
        fix: `For a role that runs queues, see \`npx eramjs grants --role ${role} --as worker\`.`,
      },
    ]
  },
}
