// What a role that may create objects in the schema can put there to have its code run by others: an operator for each pair of types
// that PostgreSQL's own operators serve only by conversion or as any type, and overloads of functions that fit a call better.

import { schema, sql } from './database.js'

/** Types of the expressions in our SQL; `eram_job_state` stands for the type of the schema. */
const TYPES = ['jsonb', 'json', 'text', 'name', '"char"', 'varchar', 'boolean', 'smallint', 'integer', 'bigint', 'numeric',
  'double precision', 'timestamptz', 'timestamp', 'date', 'interval', 'uuid', 'bytea', 'oid', 'regclass', 'jsonpath', 'tid', 'eram_job_state'] // biome-ignore format: a list
const NUMBERS = ['smallint', 'integer', 'bigint', 'numeric', 'double precision']
const OPERATORS = ['->', '->>', '#>', '#>>', '?', '?|', '?&', '@>', '<@', '@?', '||', '-', '+', '*', '/', '%', '&', '=', '<>', '<', '<=', '>', '>=', '~', '!~', '~~', '&&'] // biome-ignore format: a list

/** @returns {[string, string][]} */
function pairs() {
  const pairs = [['jsonb', 'text[]'], ['timestamptz', 'timestamp'], ...NUMBERS.flatMap((one) => [...NUMBERS.map((two) => [one, two]), [one, 'interval'], ['interval', one], ['boolean', one]])] // biome-ignore format: a list
  for (const type of TYPES)
    pairs.push([type, type], [`${type}[]`, `${type}[]`], [`${type}[]`, type], [type, `${type}[]`], ['text', type], [type, 'text'])
  return /** @type {[string, string][]} */ ([...new Map(pairs.map((pair) => [pair.join(), pair])).values()])
}

/**
 * Creates them in the schema, in a session whose search path is pg_catalog alone. Each raises an error that names it, and gives a
 * boolean, which most expressions do not take.
 *
 * @param {(text: string, values?: unknown[]) => Promise<any[]>} rows
 * @param {string} prefix
 */
async function createOperators(rows, prefix) {
  const own = (/** @type {string} */ type) => type.replace('eram_job_state', `${prefix}.eram_job_state`)
  const raise = (/** @type {string} */ what) => `RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked: ${what}'; END $$`
  const statements = []
  for (const [n, pair] of pairs().entries()) {
    const [left, right] = pair.map(own)
    statements.push(`CREATE FUNCTION ${prefix}.hostile_${n}(${left}, ${right}) ${raise(pair.join(' with '))}`)
    const known = await rows(`SELECT oprname AS name FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprleft = $1::regtype AND oprright = $2::regtype`, [left, right]) // biome-ignore format: a statement
    for (const operator of OPERATORS.filter((it) => !known.some(({ name }) => name === it))) {
      statements.push(`CREATE OPERATOR ${prefix}.${operator} (LEFTARG = ${left}, RIGHTARG = ${right}, FUNCTION = ${prefix}.hostile_${n})`)
    }
  }
  await rows(statements.join(';\n'))
}

/**
 * Creates overloads of our own functions that fit better where an argument is left out, or is of a type that is converted.
 *
 * @param {(text: string, values?: unknown[]) => Promise<any[]>} rows
 * @param {string} prefix
 */
async function createOverloads(rows, prefix) {
  const functions = await rows(
    `SELECT p.proname AS name, p.pronargdefaults AS optional, ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes::oid[]) AS t) AS types
     FROM pg_proc AS p WHERE p.pronamespace = '${prefix}'::regnamespace AND p.proname ~ '^eram_' AND p.prorettype <> 'trigger'::regtype`,
  )
  const close = {
    bigint: 'integer',
    integer: 'smallint',
    'double precision': 'integer',
    'timestamp with time zone': 'timestamp',
    text: 'name',
    smallint: 'integer',
  }
  const signatures = new Set()
  for (const { name, optional, types } of functions) {
    if (optional > 0) signatures.add(`${name}(${types.slice(0, -1).join(', ')})`)
    for (const [i, type] of types.entries()) {
      const other = /** @type {Record<string, string>} */ (close)[type]
      if (other) signatures.add(`${name}(${types.with(i, other).join(', ')})`)
    }
  }
  for (const { name, types } of functions) signatures.delete(`${name}(${types.join(', ')})`)
  const statements = [...signatures].map(
    (it) => `CREATE FUNCTION ${prefix}.${it} RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked: ${it}'; END $$`,
  )
  await rows(statements.join(';\n'))
}

/**
 * A migrated schema in which a role that may create objects there has created them.
 *
 * @param {{ overloads?: boolean }} [options] overloads: of our own functions too
 */
export async function hostileSchema({ overloads = true } = {}) {
  const own = await schema()
  const role = `low_${own.prefix}`
  // Some statements are for schemas with a clock.
  await own.rows(`CREATE ROLE ${role}; GRANT USAGE, CREATE ON SCHEMA ${own.prefix} TO ${role}; CREATE TABLE eram_clock (ahead interval)`)
  const low = await sql(undefined, 'pg_catalog')
  try {
    await low.rows(`SET ROLE ${role}`)
    if (overloads) await createOverloads(low.rows, own.prefix)
    await createOperators(low.rows, own.prefix)
  } finally {
    await low.end()
  }
  return {
    ...own,
    role,
    async drop() {
      await own.rows('SET search_path = pg_catalog')
      await own.rows(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`)
      await own.drop()
    },
  }
}
