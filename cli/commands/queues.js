// eramjs queues: lists the queues of the cluster, with their jobs and the nodes that serve them.

import { DONE } from '../main.js'
import { describe, onEngine } from '../operation.js'
import { columns } from '../table.js'

/** @import { QueueInfo } from '../../index.js' */
/** @import { Terminal } from '../terminal.js' */

export const { summary, about, options } = describe('queues', {
  about: 'A count with + is a lower bound, one with ~ an estimate. Read-only.',
})

const SHOWN = /** @type {const} */ (['available', 'scheduled', 'retryable', 'completed', 'discarded', 'cancelled'])

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  /** @type {QueueInfo[]} */
  const queues = await onEngine('queues', values, io)
  if (values.json) io.print(JSON.stringify({ queues }))
  else if (queues.length === 0) io.print('no queues')
  else io.print(columns(['queue', 'running', 'limit', ...SHOWN, 'nodes'], queues.map(row)))
  return DONE
}

/** @param {QueueInfo} info */
function row({ queue, counts, at_least, estimated, limit, running, paused, nodes }) {
  const count = (/** @type {typeof SHOWN[number]} */ state) =>
    `${estimated.includes(state) ? '~' : ''}${counts[state]}${at_least.includes(state) ? '+' : ''}`
  const on = nodes.map((each) => `${each.node}${each.paused ? ' (paused)' : ''}`).join(', ')
  return [paused ? `${queue} (paused)` : queue, running, limit, ...SHOWN.map(count), on || '-']
}
