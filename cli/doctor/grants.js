// What a role needs for its part, as SQL: rights on the tables, sequences, functions and types of the migrations, and on those of
// later ones. Each statement may run any number of times.

import { ident, literal } from './check.js'
import { expected } from './facts.js'
import { partsOfFunction, TABLES } from './grant-lists.js'

/** @typedef {{ role: string, prefix: string, unique: boolean, contents: boolean, owner?: string | undefined }} Given */

const tables = [...new Set(expected.filter(({ kind }) => kind === 'column').map(({ table }) => String(table)))]
const functions = expected.filter(({ kind }) => kind === 'function').map(({ name }) => String(name))

const SEQUENCE = 'eram_jobs_id_seq'
const TYPE = 'eram_job_state'

/**
 * The parts: what each may do, and its rights besides USAGE of the schema and of the type.
 * @type {Record<string, { meaning: string, table: (name: string, given: Given) => string | undefined, later: (given: Given) => string[] }>}
 */
export const PARTS = {
  enqueuer: {
    meaning: 'enqueues jobs, and cannot read their args',
    table: (name, { unique }) => (unique && TABLES[name]?.unique) || TABLES[name]?.enqueuer,
    later: () => ['EXECUTE ON FUNCTIONS'],
  },
  viewer: {
    meaning: 'reads everything, changes nothing',
    table: (name, given) => views(name, given.contents),
    later: ({ contents }) => (contents ? ['SELECT ON TABLES', 'SELECT ON SEQUENCES'] : ['SELECT ON SEQUENCES']),
  },
  operator: {
    meaning: 'reads everything; cancels, retries, changes and deletes jobs; controls queues and cron entries',
    table: (name) => ['SELECT', TABLES[name]?.operator].filter(Boolean).join(', '),
    later: () => ['SELECT ON TABLES', 'SELECT ON SEQUENCES', 'EXECUTE ON FUNCTIONS'],
  },
  worker: {
    meaning: 'runs queues: everything but migrations',
    table: (name) => TABLES[name]?.worker ?? 'SELECT, INSERT, UPDATE, DELETE',
    later: () => ['SELECT, INSERT, UPDATE, DELETE ON TABLES', 'USAGE, SELECT ON SEQUENCES', 'EXECUTE ON FUNCTIONS'],
  },
  owner: { meaning: 'migrates: owns the tables and functions', table: () => undefined, later: () => [] },
}

/**
 * The statements for a role.
 * @param {string} part
 * @param {Given} given
 */
export function grantsFor(part, given) {
  const [role, schema] = [ident(given.role), ident(given.prefix)]
  const own = PARTS[part]
  if (!own) return []
  const revoked = functions.map((name) => `REVOKE EXECUTE ON FUNCTION ${signature(name, schema)} FROM PUBLIC;`)
  if (part === 'owner') return [...revoked, ...owns(role, schema)]
  const granted = tables.flatMap((name) => {
    const rights = own.table(name, given)
    return rights ? [`GRANT ${rights} ON ${schema}.${name} TO ${role};`] : []
  })
  const executed = functions.filter((name) => part === 'worker' || partsOfFunction(name)?.includes(part))
  const sequence = { worker: 'USAGE, SELECT', enqueuer: undefined }[part] ?? 'SELECT'
  return [
    ...revoked,
    `GRANT USAGE ON SCHEMA ${schema} TO ${role};`,
    `GRANT USAGE ON TYPE ${schema}.${TYPE} TO ${role};`,
    ...granted,
    ...(part === 'enqueuer' ? [] : [`GRANT ${sequence} ON SEQUENCE ${schema}.${SEQUENCE} TO ${role};`]),
    ...executed.map((name) => `GRANT EXECUTE ON FUNCTION ${signature(name, schema)} TO ${role};`),
    ...laterGrants([...own.later(given), 'USAGE ON TYPES'], given),
  ]
}

/** @param {string} role @param {string} schema */
function owns(role, schema) {
  return [
    `GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role};`,
    ...tables.map((table) => `ALTER TABLE ${schema}.${table} OWNER TO ${role};`),
    `ALTER TYPE ${schema}.${TYPE} OWNER TO ${role};`,
    ...functions.map((name) => `ALTER FUNCTION ${signature(name, schema)} OWNER TO ${role};`),
  ]
}

/**
 * Rights on what the owner of the tables, or `given.owner`, makes later.
 * @param {string[]} rights
 * @param {Given} given
 */
function laterGrants(rights, { role, prefix, owner }) {
  const [to, schema] = [ident(role), ident(prefix)]
  const shared =
    prefix === 'public' ? ['-- In schema public these hold for all that this owner makes there later, not for EramJS alone.'] : []
  if (owner !== undefined) {
    return [
      ...shared,
      ...rights.map((one) => `ALTER DEFAULT PRIVILEGES FOR ROLE ${ident(owner)} IN SCHEMA ${schema} GRANT ${one} TO ${to};`),
    ]
  }
  const statements = rights.map((one) => `    'ALTER DEFAULT PRIVILEGES FOR ROLE %1$I IN SCHEMA %2$I GRANT ${one} TO %3$I'`)
  const table = `${literal(`${schema}.eram_jobs`)}::pg_catalog.regclass`
  const whose = `pg_catalog.pg_get_userbyid((SELECT c.relowner FROM pg_catalog.pg_class AS c WHERE c.oid = ${table}))`
  let quote = '$eramjs$'
  while (`${role}${prefix}`.includes(quote)) quote = `$_${quote.slice(1)}`
  return [
    ...shared,
    `DO ${quote}`,
    'DECLARE',
    '  later text;',
    'BEGIN',
    '  FOREACH later IN ARRAY ARRAY[',
    statements.join(',\n'),
    '  ] LOOP',
    `    EXECUTE pg_catalog.format(later, ${whose}, ${literal(prefix)}, ${literal(role)});`,
    '  END LOOP;',
    `END ${quote};`,
  ]
}

/** @param {string} table @param {boolean} contents */
function views(table, contents) {
  const hidden = TABLES[table]?.contents
  if (contents || !hidden) return 'SELECT'
  const columns = expected.filter((fact) => fact.kind === 'column' && fact.table === table).map(({ name }) => String(name))
  return `SELECT (${columns.filter((name) => !hidden.includes(name)).join(', ')})`
}

/** @param {string} name  with the types of its arguments @param {string} schema */
function signature(name, schema) {
  return `${schema}.${name.replaceAll('eram_job_state', `${schema}.eram_job_state`)}`
}
