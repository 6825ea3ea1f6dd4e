// The cluster, and this engine in it: queues, backlog, nodes, leader, resignLeader, status.

import { invalidOption, recordOf } from '../../shared/validate.js'
import { NOTHING, OPTIONS } from '../calls.js'
import { withThreads } from './queue-nodes.js'

/** @import { EngineOperation, Option, Options } from '../operation.js' */

/** Engines of one name have one leader. @type {Option} */
const ENGINES = { kind: 'name', default: "this engine's", meaning: 'the name of the engines' }

/** @param {Options} options @param {string} subject @returns {string[]} */
function nameOf(options, subject) {
  const { name } = recordOf(options, subject)
  if (name === undefined) return []
  if (typeof name === 'string' && name !== '') return [name]
  throw invalidOption(`${subject}.name`, 'the name of an engine', name)
}

/** @type {EngineOperation[]} */
export const cluster = [
  {
    name: 'queues',
    summary: 'Shows the queues: their jobs by state, and the nodes that serve them',
    access: 'read',
    options: {},
    answer: { type: 'QueueInfo[]', dates: ['nodes.started_at'] },
    call: NOTHING,
    command: 'queues',
    remote: { path: '/queues', permission: 'view', list: 'queues', counts: true },
    run: (engine) => engine.call('queues'),
  },
  {
    name: 'backlog',
    summary: 'Shows how much work waits in each queue, and who serves it',
    about: 'Counting stops at 10,000 jobs.',
    access: 'read',
    options: {},
    answer: { type: 'QueueBacklog[]' },
    call: NOTHING,
    remote: { path: '/backlog', permission: 'view', list: 'queues', counts: true, tool: false },
    run: (engine) => engine.call('backlog'),
  },
  {
    name: 'nodes',
    summary: 'Shows the nodes that serve queues',
    access: 'read',
    options: {},
    answer: { type: 'NodeInfo[]', dates: ['started_at'] },
    call: NOTHING,
    command: 'nodes',
    remote: { path: '/nodes', permission: 'view', list: 'nodes' },
    run: (engine) => engine.call('nodes'),
  },
  {
    name: 'leader',
    summary: 'Shows the leader of the engines of a name, or null while there is none',
    access: 'read',
    options: { name: ENGINES },
    answer: { type: 'Leader | null', dates: ['since'] },
    call: OPTIONS,
    remote: { path: '/leader', permission: 'view', tool: false },
    run: (engine, options) => engine.call('leader', ...nameOf(options, 'leader')),
  },
  {
    name: 'resignLeader',
    summary: 'Makes the leader step down, on any node',
    about: 'The answer is the former leader, or null if there was none.',
    access: 'write',
    options: { name: ENGINES },
    answer: { type: "Omit<Leader, 'me'> | null", dates: ['since'] },
    call: OPTIONS,
    remote: { path: '/leader/resign', permission: 'nodes:resign', inside: true, tool: false },
    run: (engine, options) => engine.call('resignLeader', ...nameOf(options, 'resignLeader')),
  },
  {
    name: 'status',
    summary: 'Shows the state of this engine: its queues, its connections, whether it leads',
    access: 'read',
    options: {},
    answer: { type: 'EngineStatus' },
    call: NOTHING,
    remote: { path: '/engine', permission: 'view', tool: false },
    async run(engine) {
      const status = await engine.call('status')
      for (const [name, queue] of Object.entries(status.queues)) status.queues[name] = withThreads(engine, name, queue)
      return status
    },
  },
]
