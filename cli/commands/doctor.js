// eramjs doctor: checks the database, the schema and the cluster, and says what to do.

import { createRequire } from 'node:module'
import { EramError } from '../../index.js'
import { checks, examine } from '../doctor/index.js'
import { DONE, NO } from '../main.js'
import { describe } from '../operation.js'
import { Schema } from '../schema.js'

/** @import { Result } from '../doctor/index.js' */
/** @import { Option } from '../main.js' */
/** @import { Terminal } from '../terminal.js' */

/** Seconds after which an open transaction is reported. */
const AGE = 300

const { version } = createRequire(import.meta.url)('../../package.json')
const { summary, options: shared } = describe('schema.inspect')

export { summary }

export const about = `Reads catalogs, statistics and the heads of indexes, never all jobs; changes nothing. Checks:
${checks.map(({ id, looks }) => `  ${id.padEnd(12)}  ${looks}`).join('\n')}`

/** @type {Record<string, Option>} */
export const options = {
  ...shared,
  only: {
    type: 'string',
    value: 'check',
    multiple: true,
    choices: checks.map(({ id }) => id),
    help: 'only this check; several times for several',
  },
  environment: { type: 'string', value: 'name', help: 'the environment of the application, to compare with the stamp of the database' },
  age: { type: 'string', value: 'N', help: `seconds after which an open transaction is reported (default: ${AGE})` },
  fix: { type: 'boolean', help: 'print the SQL that solves what was found; it is not run' },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { only = [], environment, age = AGE, fix = false, json = false } = values
  const unknown = only.find((/** @type {string} */ id) => !checks.some((check) => check.id === id))
  if (unknown !== undefined) {
    throw new EramError('ERAM_CONFIG', `--only: expected one of ${checks.map(({ id }) => id).join(', ')}, got ${JSON.stringify(unknown)}`)
  }
  const schema = new Schema(values, io)
  const status = await schema.status()
  const chosen = only.length === 0 ? checks : checks.filter(({ id }) => only.includes(id))
  const results = await examine({ schema, prefix: schema.prefix, status, version, environment, age }, chosen)
  const healthy = results.every(({ level }) => level !== 'fail')
  if (json) io.print(JSON.stringify({ healthy, checks: results }))
  else io.print(fix ? sqlOf(results) : results.map(textOf).join('\n'))
  return healthy ? DONE : NO
}

/** @param {Result[]} results */
function sqlOf(results) {
  const fixes = results.flatMap(({ check, findings }) => findings.flatMap(({ saw, sql }) => (sql ? [`-- ${check}: ${saw}\n${sql}`] : [])))
  return fixes.length === 0 ? '-- nothing to do in SQL' : fixes.join('\n\n')
}

/** @param {Result} result */
function textOf({ check, level, findings }) {
  if (findings.length === 0) return `${level.padEnd(7)} ${check}`
  return findings
    .map(({ level, saw, why, fix }) =>
      [`${level.padEnd(7)} ${check}: ${saw}`, ...[why, fix].filter(Boolean).map((line) => `        ${line}`)].join('\n'),
    )
    .join('\n')
}
