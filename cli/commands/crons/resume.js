// eramjs crons resume: ends the pause of a cron entry.

import { DONE } from '../../main.js'
import { describe, onEngine } from '../../operation.js'

/** @import { CronRow } from '../../../index.js' */
/** @import { Terminal } from '../../terminal.js' */

export const { summary, about, operand, options } = describe('cron.resume')

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  /** @type {CronRow} */
  const cron = await onEngine('cron.resume', values, io)
  io.print(values.json ? JSON.stringify({ cron }) : `${cron.name}: resumed`)
  return DONE
}
