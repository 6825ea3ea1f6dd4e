// Which node serves a queue, and how it does: startQueue, stopQueue, checkQueue.

import { QUEUE, QUEUE_AND_OPTIONS } from '../calls.js'

/** @import { EngineHost, EngineOperation, Option } from '../operation.js' */

/** @type {Option} */
const NODE = { kind: 'name', default: 'this engine', meaning: "the node; '*' for all nodes that serve queues" }

/** @type {EngineOperation[]} */
export const queueNodes = [
  {
    name: 'startQueue',
    summary: 'Starts serving a queue, until the engine stops',
    about: 'Another node is notified and starts shortly after.',
    access: 'write',
    options: {
      queue: { kind: 'queue', required: true, meaning: 'the queue' },
      node: NODE,
      limit: { kind: 'integer', default: '10', meaning: 'jobs that the node runs at once' },
      threads: { kind: 'threads', default: '1', meaning: 'threads that share the limit, or the thread group whose threads it shares' },
      isolation: { kind: 'text', default: "'thread'", meaning: "'main', 'thread' or 'process', for classes with a file that name none" },
      paused: { kind: 'boolean', meaning: 'whether it starts paused' },
      poll_interval: {
        kind: 'milliseconds',
        default: 'that of the engine',
        meaning: 'the time between polls when nothing wakes the queue',
      },
      abort_grace: { kind: 'milliseconds', default: 'that of the engine', meaning: 'the time that an aborted job has to end' },
      prefetch: { kind: 'boolean', default: 'true', meaning: 'whether short jobs are claimed ahead of free capacity' },
      measure: { kind: 'boolean', default: 'false', meaning: 'whether the CPU time and the heap of each attempt are measured' },
      store_logs: { kind: 'boolean', default: 'false', meaning: 'whether the lines of ctx.log are stored with each attempt' },
      only: { kind: 'names', default: 'all', meaning: "the nodes that serve the queue; '*' in a name matches any characters" },
      max_stuck_jobs: { kind: 'integer', default: 'limit', meaning: 'stuck jobs that give up their place in the limit' },
      defaults: {
        kind: 'object',
        meaning: 'options of its jobs that neither say themselves nor have them from their class',
        type: 'QueueDefaults',
      },
      resource_limits: { kind: 'object', meaning: 'limits in MiB of each of its threads' },
      exec_argv: { kind: 'names', default: 'those of the process', meaning: 'options of Node.js for its threads, as an array' },
    },
    answer: { type: 'void' },
    call: QUEUE_AND_OPTIONS,
    async run(engine, options) {
      await engine.call('startQueue', options)
      await engine.queueChanged(options.queue)
    },
  },
  {
    name: 'stopQueue',
    summary: 'Stops serving a queue, until the engine starts again',
    about: 'Waits for running jobs. The answer has the ids of jobs that this engine handed back.',
    access: 'write',
    options: {
      queue: { kind: 'queue', required: true, meaning: 'the queue' },
      node: NODE,
      grace: { kind: 'milliseconds', default: 'that of the engine', meaning: 'the time that running jobs have to end' },
    },
    answer: { type: '{ released: number[] }' },
    call: QUEUE_AND_OPTIONS,
    remote: { path: '/queues/{queue}/stop', permission: 'queues:stop', destructive: true, idempotent: true, inside: true },
    async run(engine, options) {
      const answer = await engine.call('stopQueue', options)
      await engine.queueChanged(options.queue)
      return answer
    },
  },
  {
    name: 'checkQueue',
    summary: 'Shows the state of a queue of this engine, or null if it does not serve that queue',
    access: 'read',
    options: { queue: { kind: 'queue', required: true, meaning: 'the queue' } },
    answer: { type: 'QueueStatus | null' },
    call: QUEUE,
    async run(engine, options) {
      const answer = await engine.call('checkQueue', options)
      return answer && withThreads(engine, options.queue, answer)
    },
  },
]

/**
 * The state of a queue, with its threads where the engine was started.
 * @param {EngineHost} engine
 * @param {string} queue
 * @param {object} state
 */
export function withThreads(engine, queue, state) {
  const threads = engine.threads(queue)
  return threads ? { ...state, threads } : state
}
