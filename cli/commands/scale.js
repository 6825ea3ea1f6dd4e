// eramjs scale: sets how many jobs of a queue a node runs at once.

import { EramError } from '../../index.js'
import { changeQueue, QUEUE_OPTIONS } from '../queue-command.js'

/** @import { Terminal } from '../terminal.js' */

export const summary = 'Sets how many jobs of a queue a node runs at once'
export const about = "Persists across restarts. '*' stands for all known queues."

export const operand = 'queue'
export const options = {
  ...QUEUE_OPTIONS,
  limit: { type: /** @type {const} */ ('string'), value: 'N', help: 'jobs at once on each node' },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { limit } = values
  if (limit === undefined) throw new EramError('ERAM_CONFIG', 'scale: expected --limit N, got none')
  return changeQueue(values, io, `limit ${limit}`, (engine, target) => engine.scale({ ...target, limit }))
}
