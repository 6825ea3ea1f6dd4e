// The list of checks, and how they are run.

import { EramError } from '../../index.js'
import { autovacuum } from './checks/autovacuum.js'
import { bloat } from './checks/bloat.js'
import { clock } from './checks/clock.js'
import { connections } from './checks/connections.js'
import { cron } from './checks/cron.js'
import { drift } from './checks/drift.js'
import { environment } from './checks/environment.js'
import { horizon } from './checks/horizon.js'
import { leader } from './checks/leader.js'
import { listen } from './checks/listen.js'
import { locks } from './checks/locks.js'
import { metrics } from './checks/metrics.js'
import { nodes } from './checks/nodes.js'
import { pooler } from './checks/pooler.js'
import { queues } from './checks/queues.js'
import { rights } from './checks/rights.js'
import { schema } from './checks/schema.js'
import { server } from './checks/server.js'
import { transactions } from './checks/transactions.js'
import { versions } from './checks/versions.js'

/** @import { Check, Context, Finding, Row } from './check.js' */

/** @type {Check[]} */
export const checks = [
  versions,
  schema,
  environment,
  drift,
  rights,
  pooler,
  listen,
  clock,
  transactions,
  horizon,
  autovacuum,
  bloat,
  locks,
  queues,
  cron,
  leader,
  nodes,
  connections,
  server,
  metrics,
]

/** @typedef {{ check: string, level: 'ok' | 'skipped' | Finding['level'], findings: Finding[] }} Result */

const LEVELS = /** @type {const} */ (['ok', 'info', 'warn', 'fail'])

/**
 * Runs the checks, one after the other.
 * @param {Context} context
 * @param {Check[]} chosen
 * @returns {Promise<Result[]>}
 */
export async function examine(context, chosen = checks) {
  const { version, latest } = context.status
  const results = []
  for (const check of chosen) {
    if (!check.anywhere && version !== latest) results.push({ check: check.id, level: /** @type {const} */ ('skipped'), findings: [] })
    else results.push(resultOf(check.id, await findingsOf(check, context)))
  }
  return results
}

/** @param {string} check @param {Finding[]} findings @returns {Result} */
function resultOf(check, findings) {
  const worst = Math.max(0, ...findings.map(({ level }) => LEVELS.indexOf(level)))
  return { check, level: LEVELS[worst] ?? 'ok', findings }
}

/** @param {Check} check @param {Context} context @returns {Promise<Finding[]>} */
async function findingsOf({ statements, run }, context) {
  try {
    if (!statements) return await run(context)
    const answers = await context.schema.perform('schema.inspect', { statements: statements(context) })
    const { error } = answers.find((/** @type {{ error?: object }} */ answer) => answer.error) ?? {}
    if (error) return [unseen(error.message)]
    return await run(context, ...answers.map((/** @type {{ rows: Row[] }} */ { rows }) => rows))
  } catch (error) {
    if (error instanceof EramError) return [unseen(`${error.code}: ${error.message}`)]
    throw error
  }
}

/** @param {string} message @returns {Finding} */
function unseen(message) {
  return { level: 'warn', saw: `the check could not look: ${message}` }
}
