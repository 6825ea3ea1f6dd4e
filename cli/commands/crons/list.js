// eramjs crons list: lists all cron entries, by name.

import { DONE } from '../../main.js'
import { describe, onEngine } from '../../operation.js'
import { columns } from '../../table.js'

/** @import { CronRow } from '../../../index.js' */
/** @import { Terminal } from '../../terminal.js' */

export const { summary, about, options } = describe('cron.list')

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  /** @type {CronRow[]} */
  const crons = await onEngine('cron.list', values, io)
  if (values.json) io.print(JSON.stringify({ crons }))
  else if (crons.length === 0) io.print('no cron entries')
  else io.print(columns(['name', 'schedule', 'timezone', 'worker', 'state', 'last', 'next', 'missed'], crons.map(row)))
  return DONE
}

/** @param {CronRow} entry */
function row({ name, expression, timezone, worker, paused, active, problem, last_at, next_at, missed }) {
  const state = problem ?? (paused ? 'paused' : active ? 'active' : 'not in the code of a running node')
  return [name, expression, timezone, worker, state, last_at?.toISOString() ?? '-', next_at?.toISOString() ?? '-', missed]
}
