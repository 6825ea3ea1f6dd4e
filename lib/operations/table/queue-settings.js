// Pause and limit of a queue, which the database keeps: pause, resume, scale, resetQueue.

import { QUEUE, QUEUE_AND_OPTIONS } from '../calls.js'

/** @import { EngineOperation, Option } from '../operation.js' */

/** @type {Record<'queue' | 'node' | 'force', Option>} */
const TARGET = {
  queue: { kind: 'queue', required: true, meaning: "the queue, or '*' for all known ones" },
  node: { kind: 'name', default: 'all', meaning: 'this node only' },
  force: { kind: 'boolean', meaning: 'also for a queue or node that is not known yet' },
}
const ABOUT = "Persists across restarts. '*' stands for all known queues."

/** @type {EngineOperation[]} */
export const queueSettings = [
  {
    name: 'pause',
    summary: 'Stops nodes from fetching jobs of a queue; running jobs go on',
    about: ABOUT,
    access: 'write',
    options: TARGET,
    answer: { type: 'void' },
    call: QUEUE,
    command: 'pause',
    remote: { path: '/queues/{queue}/pause', permission: 'queues:pause', idempotent: true },
    run: (engine, options) => engine.call('pause', options),
  },
  {
    name: 'resume',
    summary: 'Ends the pause of a queue',
    about: ABOUT,
    access: 'write',
    options: TARGET,
    answer: { type: 'void' },
    call: QUEUE,
    command: 'resume',
    remote: { path: '/queues/{queue}/resume', permission: 'queues:pause', idempotent: true },
    run: (engine, options) => engine.call('resume', options),
  },
  {
    name: 'scale',
    summary: 'Sets how many jobs of a queue a node runs at once',
    about: ABOUT,
    access: 'write',
    options: { ...TARGET, limit: { kind: 'integer', required: true, meaning: 'jobs at once on each node' } },
    answer: { type: 'void' },
    call: QUEUE_AND_OPTIONS,
    command: 'scale',
    remote: { path: '/queues/{queue}/scale', permission: 'queues:scale', idempotent: true },
    run: (engine, options) => engine.call('scale', options),
  },
  {
    name: 'resetQueue',
    summary: 'Removes what pause, resume and scale have set for a queue',
    about: "What `queues` configures applies again. '*' stands for all known queues.",
    access: 'write',
    options: TARGET,
    answer: { type: 'void' },
    call: QUEUE,
    remote: { path: '/queues/{queue}/reset', permission: 'queues:scale', destructive: true, idempotent: true },
    run: (engine, options) => engine.call('resetQueue', options),
  },
]
