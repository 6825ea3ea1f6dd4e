// What is done with all jobs of a queue, or of all queues of an engine: purge, drain, runOnce.

import { OPTIONS, QUEUE_AND_OPTIONS } from '../calls.js'

/** @import { EngineOperation } from '../operation.js' */

/** @type {EngineOperation[]} */
export const queueJobs = [
  {
    name: 'purge',
    summary: 'Deletes the waiting jobs of a queue, or cancels them',
    about:
      'Keeps suspended jobs, and those enqueued after the call began. `refused` is the number of those that the database refuses to change, each of which has an event `job:refused`.',
    access: 'write',
    options: {
      queue: { kind: 'queue', required: true, meaning: 'the queue' },
      cancel: { kind: 'boolean', meaning: 'cancel instead of deleting' },
    },
    answer: { type: '{ purged: number, refused: number }' },
    call: QUEUE_AND_OPTIONS,
    remote: { path: '/queues/{queue}/purge', permission: 'queues:purge', destructive: true },
    run: (engine, options) => engine.call('purge', options),
  },
  {
    name: 'drain',
    summary: 'Waits until this engine can run nothing more in one of its queues',
    about: 'For tests and scripts. The answer says how many attempts ended meanwhile, by outcome.',
    access: 'write',
    options: {
      queue: { kind: 'queue', required: true, meaning: 'the queue' },
      with_scheduled: { kind: 'boolean', meaning: 'also run jobs that are not due yet' },
      timeout: { kind: 'milliseconds', default: 'no limit', meaning: 'the time after which to give up' },
    },
    answer: { type: 'DrainResult' },
    call: QUEUE_AND_OPTIONS,
    run: (engine, options) => engine.call('drain', options),
  },
  {
    name: 'runOnce',
    summary: 'Runs what is runnable in all queues of this engine, until nothing is or the budget is over',
    about:
      'For processes that do not stay, such as serverless functions and cron jobs of the system: start, runOnce, stop. Due jobs count, paused queues and jobs that are not due do not. The answer says how many attempts ended meanwhile, by outcome, and whether nothing was left.',
    access: 'write',
    options: { budget: { kind: 'milliseconds', default: 'no limit', meaning: 'the time after which to end, whatever is left' } },
    answer: { type: 'RunOnceResult' },
    call: OPTIONS,
    run: (engine, options) => engine.call('runOnce', options),
  },
]
