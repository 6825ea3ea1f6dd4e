// eramjs crons pause: stops the ticks of a cron entry.

import { DONE } from '../../main.js'
import { describe, onEngine } from '../../operation.js'

/** @import { CronRow } from '../../../index.js' */
/** @import { Terminal } from '../../terminal.js' */

export const { summary, about, operand, options } = describe('cron.pause')

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  /** @type {CronRow} */
  const cron = await onEngine('cron.pause', values, io)
  io.print(values.json ? JSON.stringify({ cron }) : `${cron.name}: paused`)
  return DONE
}
