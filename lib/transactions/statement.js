// Calls the functions of the schema: one statement with one text parameter and one text column, which every library passes on
// unchanged.

import { invalid } from '../shared/validate.js'
import { toEramError } from './failure.js'

/** @import { Executor } from './resolve.js' */

/** @typedef {{ executor: Executor, prefix: string }} Target */

/** @param {unknown} prefix @returns {string | undefined} */
export function schemaName(prefix) {
  if (prefix === undefined) return undefined
  if (typeof prefix === 'string' && /^[A-Za-z_][\w-]{0,39}$/.test(prefix)) return prefix
  throw invalid('ERAM_JOB', 'prefix', 'a schema of up to 40 letters, digits, "_" and "-"', prefix)
}

/**
 * The text of a call.
 * @param {string} prefix
 * @param {'enqueue' | 'notify' | 'ack_job'} name
 */
export function statementOf(prefix, name) {
  return `select "${prefix}".eram_${name}($1) as eram`
}

/**
 * Calls eram_enqueue or eram_notify.
 * @param {Target} target
 * @param {'enqueue' | 'notify'} name
 * @param {string} text
 */
export async function callFunction({ executor, prefix }, name, text) {
  try {
    const rows = await executor.query(statementOf(prefix, name), [text])
    return rows[0]?.eram
  } catch (error) {
    throw toEramError(error, name, executor, prefix, text)
  }
}

/** @param {Pick<Executor, 'name'>} executor @param {unknown} answer */
export function unexpectedAnswer({ name }, answer) {
  return invalid('ERAM_DRIVER', name, 'one row with a text column "eram"', answer)
}
