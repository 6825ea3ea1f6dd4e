// eramjs jobs show: shows a job, its attempts, and why it waits.

import { EramError } from '../../../index.js'
import { idOf } from '../../jobs/change.js'
import { whyWaiting } from '../../jobs/waiting.js'
import { DONE, NO } from '../../main.js'
import { ADDRESS, describe } from '../../operation.js'
import { Schema } from '../../schema.js'
import { columns } from '../../table.js'

/** @import { JobAttempt, JobRow } from '../../../index.js' */
/** @import { Option } from '../../main.js' */
/** @import { Terminal } from '../../terminal.js' */

export const { summary } = describe('jobs.find')

export const about = 'Says why a job waits: its due time, a pause, no node that serves its queue or runs its version, no free capacity.'

export const operand = 'id'

/** @type {Record<string, Option>} */
export const options = { ...ADDRESS, attempts: { type: 'boolean', help: 'with its attempts, as far as its row has them' } }

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { attempts = false, json } = values
  const id = idOf(values.id)
  const { job, waiting } = await new Schema(values, io).engine(async (engine) => {
    const job = await engine.jobs.find(id, { attempts })
    return { job, waiting: job && whyWaiting(job, await engine.queues(), await engine.nodes()) }
  })
  if (job === null) {
    const error = new EramError('ERAM_NOT_FOUND', `jobs show: expected the id of a job, got ${id}, which does not exist`)
    if (json) io.print(JSON.stringify({ error: { code: error.code, message: error.message } }))
    else io.warn(`eramjs: ${error.message}`)
    return NO
  }
  io.print(json ? JSON.stringify({ job, waiting }) : textOf(job, waiting))
  return DONE
}

/** @param {JobRow & { attempts?: JobAttempt[] }} job @param {string[] | null} waiting */
function textOf({ attempts, errors, ...row }, waiting) {
  const shown = Object.entries(row).filter(([, value]) => value !== null)
  const last = errors.at(-1)
  const lines = [
    columns(
      ['id', String(row.id)],
      shown.slice(1).map(([name, value]) => [name, plain(value)]),
    ),
  ]
  if (last) lines.push(`last error, of ${errors.length}: ${last.name}: ${last.message}`)
  for (const reason of waiting ?? []) lines.push(`waits: ${reason}`)
  if (attempts) {
    const rows = attempts.map(({ attempt, status, started_at, ended_at, error }) => [
      attempt,
      status,
      plain(started_at),
      plain(ended_at),
      error?.message ?? '-',
    ])
    lines.push(columns(['attempt', 'status', 'started', 'ended', 'error'], rows))
  }
  return lines.join('\n')
}

/** @param {unknown} value */
function plain(value) {
  if (value === null) return '-'
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
