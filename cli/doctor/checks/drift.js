// drift: the schema next to what the migrations make.

import { ident } from '../check.js'
import { expected, FACTS } from '../facts.js'

/** @import { Check, Finding, Row } from '../check.js' */

const WHY = {
  column: 'Statements of the engine fail.',
  constraint: 'Wrong values get into the table.',
  function: 'It does something else than this version expects.',
  index: 'Statements that use it read the whole table.',
  storage: 'The table is vacuumed too late, or updates touch all indexes.',
  trigger: 'Changes are not noticed.',
}

/** @type {Check} */
export const drift = {
  id: 'drift',
  looks: 'functions, columns, constraints, indexes, storage settings and triggers, next to the migrations',
  statements: () => [
    FACTS,
    `SELECT c.relname AS name FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
     WHERE c.relnamespace = to_regnamespace(quote_ident($1)) AND starts_with(c.relname, 'eram_') AND NOT i.indisvalid ORDER BY 1`,
  ],
  run({ prefix }, facts, invalid = []) {
    const made = new Map(facts.map((fact) => [keyOf(fact), fact]))
    const wanted = new Map(expected.map((fact) => [keyOf(fact), fact]))
    /** @type {Finding[]} */
    const findings = []
    for (const [key, fact] of wanted) {
      const found = made.get(key)
      if (!found) findings.push(problem(fact, 'is missing'))
      else if (found.definition !== fact.definition) findings.push(problem(fact, `is not that of the migrations: ${found.definition}`))
    }
    for (const [key, fact] of made) if (!wanted.has(key)) findings.push(...foreign(fact, prefix))
    for (const { name } of invalid) {
      findings.push({
        level: 'fail',
        saw: `index ${name} is invalid`,
        why: 'It costs every change and is used by no statement.',
        fix: 'Rebuild it.',
        sql: `REINDEX INDEX CONCURRENTLY ${ident(prefix)}.${ident(name)};`,
      })
    }
    return findings
  },
}

/** @param {Row} fact */
function keyOf({ kind, table, name }) {
  return `${kind} ${table} ${name}`
}

/** @param {Row} fact @param {string} what @returns {Finding} */
function problem({ kind, table, name }, what) {
  return {
    level: kind === 'storage' ? 'warn' : 'fail',
    saw: `${kind} ${name}${table ? ` of ${table}` : ''} ${what}`,
    why: WHY[/** @type {keyof typeof WHY} */ (kind)],
    fix: 'Make it as `npx eramjs sql` has it.',
  }
}

/** What the migrations have not made. @param {Row} fact @param {string} prefix @returns {Finding[]} */
function foreign({ kind, table, name }, prefix) {
  // The indexes of `migrate --search-indexes`, and functions, cost nothing.
  if (kind === 'function' || /^eram_jobs_(args|meta)_index$/.test(name)) return []
  const costs = {
    index: {
      why: 'Each job pays for it with every change, and completing a job may no longer be a HOT update.',
      sql: `DROP INDEX CONCURRENTLY ${ident(prefix)}.${ident(name)};`,
    },
    trigger: {
      why: 'It runs for each job that is enqueued, claimed or completed.',
      sql: `DROP TRIGGER ${ident(name)} ON ${ident(prefix)}.${ident(table)};`,
    },
  }
  const cost = kind === 'index' || kind === 'trigger' ? costs[/** @type {'index' | 'trigger'} */ (kind)] : undefined
  return [{ level: cost ? 'warn' : 'info', saw: `${kind} ${name} of ${table} is not of EramJS`, ...cost }]
}
