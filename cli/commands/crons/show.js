// eramjs crons show: an entry, its next ticks, and its newest jobs.

import { EramError } from '../../../index.js'
import { DONE, NO } from '../../main.js'
import { describe, onEngine } from '../../operation.js'
import { columns } from '../../table.js'

/** @import { CronDetails } from '../../../index.js' */
/** @import { Terminal } from '../../terminal.js' */

export const { summary, about, operand, options } = describe('cron.find', { about: 'Exit code 1: there is no such entry.' })

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { name, json } = values
  /** @type {CronDetails | null} */
  const entry = await onEngine('cron.find', values, io)
  if (entry === null) {
    const error = new EramError('ERAM_NOT_FOUND', `crons show: expected the name of an entry, got ${JSON.stringify(name)}`)
    if (json) io.print(JSON.stringify({ error: { code: error.code, message: error.message } }))
    else io.warn(`eramjs: ${error.message}`)
    return NO
  }
  io.print(json ? JSON.stringify({ entry }) : textOf(entry))
  return DONE
}

/** @param {CronDetails} entry */
function textOf({ name, expression, timezone, worker, paused, active, problem, next, history }) {
  const state = problem ?? (paused ? 'paused' : active ? 'active' : 'not in the code of a running node')
  const lines = [
    `${name}: ${worker}, ${expression} (${timezone}), ${state}`,
    `next: ${next.length === 0 ? '-' : next.map((time) => time.toISOString()).join(', ')}`,
  ]
  if (history.length === 0) return [...lines, 'no jobs yet'].join('\n')
  const rows = history.map(({ job, tick, manual, state, attempt, finished_at }) => [
    job,
    manual ? 'by hand' : (tick?.toISOString() ?? '-'),
    state ?? 'deleted',
    attempt ?? '-',
    finished_at?.toISOString() ?? '-',
  ])
  return [...lines, columns(['job', 'tick', 'state', 'attempt', 'finished'], rows)].join('\n')
}
