// eramjs crons run: makes a job of a cron entry now.

import { DONE } from '../../main.js'
import { describe, onEngine } from '../../operation.js'

/** @import { EnqueuedJob } from '../../../index.js' */
/** @import { Terminal } from '../../terminal.js' */

export const { summary, about, operand, options } = describe('cron.run')

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  /** @type {EnqueuedJob} */
  const job = await onEngine('cron.run', values, io)
  io.print(values.json ? JSON.stringify({ job }) : `${values.name}: job ${job.id}`)
  return DONE
}
