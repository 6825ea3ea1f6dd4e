// eramjs jobs why: explains why a job waits, how it runs or how it ended.

import { EramError } from '../../../index.js'
import { idOf } from '../../jobs/change.js'
import { DONE, NO } from '../../main.js'
import { describe, onEngine } from '../../operation.js'
import { columns } from '../../table.js'

/** @import { JobWhy } from '../../../index.js' */
/** @import { Terminal } from '../../terminal.js' */

export const { summary, about, operand, options } = describe('jobs.why', { about: 'Exit code 1: there is no such job.' })

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { json } = values
  const id = idOf(values.id)
  /** @type {JobWhy | null} */
  const why = await onEngine('jobs.why', { ...values, id }, io)
  if (why === null) {
    const error = new EramError('ERAM_NOT_FOUND', `jobs why: expected the id of a job, got ${id}, which does not exist`)
    if (json) io.print(JSON.stringify({ error: { code: error.code, message: error.message } }))
    else io.warn(`eramjs: ${error.message}`)
    return NO
  }
  io.print(json ? JSON.stringify(why) : textOf(why))
  return DONE
}

/** @param {JobWhy} why */
function textOf({ id, state, text, checks }) {
  const error = checks.find(({ code }) => code === 'ended')?.data.error
  return [
    `job ${id} (${state}): ${text}`,
    columns(
      ['', 'check', ''],
      checks.map(({ code, ok, text }) => [ok ? 'ok' : 'no', code, text]),
    ),
    ...(error ? [`last error: ${error.name}: ${error.message}`] : []),
  ].join('\n')
}
