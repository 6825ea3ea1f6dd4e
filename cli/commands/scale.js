// eramjs scale: how many jobs of a queue a node runs at once.

import { EramError } from '../../index.js'
import { SETTING, set } from '../queue-command.js'

/** @import { Terminal } from '../terminal.js' */

export const summary = 'Sets how many jobs of a queue a node runs at once'
export const about = "Lasts over restarts. '*' is every queue that is known."

export const operand = 'queue'
export const options = {
  ...SETTING,
  limit: { type: /** @type {const} */ ('string'), value: 'N', help: 'jobs at a time on each node' },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { limit } = values
  if (limit === undefined) throw new EramError('ERAM_CONFIG', 'scale: expected --limit N, got none')
  return set(values, io, `limit ${limit}`, (engine, target) => engine.scale({ ...target, limit }))
}
