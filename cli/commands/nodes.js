// eramjs nodes: lists the engines that serve queues.

import { DONE } from '../main.js'
import { describe, onEngine } from '../operation.js'
import { columns } from '../table.js'

/** @import { NodeInfo } from '../../index.js' */
/** @import { Terminal } from '../terminal.js' */

export const { summary, about, options } = describe('nodes', {
  about: 'seen: time since the last heartbeat; a node is considered lost after 20 s. Read-only.',
})

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  /** @type {NodeInfo[]} */
  const nodes = await onEngine('nodes', values, io)
  if (values.json) io.print(JSON.stringify({ nodes }))
  else if (nodes.length === 0) io.print('no nodes')
  else io.print(columns(['node', 'engine', 'leads', 'version', 'eramjs', 'pid', 'host', 'seen', 'queues'], nodes.map(row)))
  return DONE
}

/** @param {NodeInfo} info */
function row({ node, name, leader, version, eram_version, pid, host, age_ms, queues }) {
  const on = queues.map(({ queue, running, limit, paused }) => `${queue} ${running}/${limit}${paused ? ' paused' : ''}`).join(', ')
  return [
    node,
    name,
    leader ? 'yes' : '-',
    version ?? '-',
    eram_version ?? '-',
    pid ?? '-',
    host ?? '-',
    `${(age_ms / 1000).toFixed(1)} s`,
    on,
  ]
}
