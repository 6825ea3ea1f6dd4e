// The JSON text of an outcome, as the engine takes it.

import { RUN } from './columns.js'
import { logsOf } from './context.js'

/** @import { Attempt } from './runner.js' */

/**
 * The JSON text of an outcome, with the lines that the attempt is to store.
 * @param {Attempt} attempt
 * @param {Record<string, unknown>} outcome
 * @param {string} [result]  its JSON text
 */
export function detailText({ row, ctx }, outcome, result) {
  const logs = logsOf(ctx)
  const text = JSON.stringify({ run: row[RUN], ...outcome })
  if (logs === undefined && result === undefined) return text
  const more = `${result === undefined ? '' : `,"result":${result}`}${logs === undefined ? '' : `,"logs":${logs}`}`
  return `${text.slice(0, -1)}${more}}`
}
