// drain() of an engine that runs its queues: waits until they are empty.

import { jobWithDates } from '../shared/job-row.js'
import { invalidOption } from '../shared/validate.js'

/** @import { DrainResult } from '../../index.js' */
/** @import { Choice, DrainOptions } from './drain-options.js' */
/** @import { Job } from './expected.js' */
/** @import { Source } from './source.js' */

/** Options that only a drain in the calling thread can keep. */
const HERE = /** @type {const} */ (['only', 'with_recursion', 'limit', 'throws'])
/** The end of an attempt that leads to a state. @type {Record<string, keyof DrainResult>} */
const EVENTS = {
  completed: 'success',
  retryable: 'failure',
  discarded: 'discard',
  cancelled: 'cancelled',
  scheduled: 'snoozed',
  available: 'released',
}

/**
 * @param {Source} source
 * @param {DrainOptions} options
 * @param {Choice} choice
 */
export async function drainLive(source, options, { queues }) {
  const engine = /** @type {any} */ (source.engine)
  for (const key of HERE) {
    if (options[key] !== undefined)
      throw invalidOption(`drain.${key}`, `an engine in mode manual, or a transaction`, `mode ${engine.testing ?? 'off'}`)
  }
  const with_scheduled = options.with_scheduled ?? false
  if (with_scheduled instanceof Date)
    throw invalidOption('drain.with_scheduled', 'true or false for an engine that runs its queues', with_scheduled)
  const served = queues ?? Object.keys((await engine.status()).queues)
  // A job may enqueue one into a queue that was empty already.
  for (let ended = true; ended; ) {
    ended = false
    for (const queue of served) {
      /** @type {DrainResult} */
      const counts = await engine.drain(queue, { with_scheduled })
      ended ||= Object.values(counts).some((count) => count > 0)
    }
  }
  /** @type {Job[]} */
  const all = (await source.run('find', {})).map(jobWithDates)
  // Some may have ended before this call: it is only sure what became of all.
  const jobs = all.filter((job) => served.includes(job.queue) && job.attempted_at)
  const counts = { success: 0, failure: 0, discard: 0, cancelled: 0, snoozed: 0, released: 0 }
  for (const { state } of jobs) {
    const event = EVENTS[state]
    if (event) counts[event] += 1
  }
  return { ...counts, jobs }
}
