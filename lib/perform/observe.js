// Attempts that middleware observes: from before the instance is made and a transaction begins, until the outcome is decided and the
// after… methods have run.

import { monotonic } from '../shared/timers.js'
import { RUN } from './columns.js'
import { abortedOf } from './context.js'

/** @import { AttemptChain } from '../middleware/perform-chains.js' */
/** @import { Attempt } from './runner.js' */
/** @import { OutcomeHandler } from './settle.js' */

/**
 * How an attempt ended. `error`: the very one that was thrown, or the chosen outcome; `delay`: seconds to the next attempt, if the job
 * has chosen them.
 * @typedef {object} AttemptEnd
 * @property {'success' | 'failure' | 'discard' | 'cancelled' | 'snoozed' | 'released'} state
 * @property {unknown} [error]
 * @property {unknown} [result]
 * @property {number | null} [delay]
 */

/**
 * Begins an attempt within its middleware.
 * @param {Attempt} attempt
 * @param {AttemptChain} chain
 * @param {Float64Array} progress  see PROGRESS in workers/worker-thread.js
 * @param {OutcomeHandler} handler
 * @param {() => void} make  makes the instance, and goes on
 */
export function observe(attempt, chain, progress, handler, make) {
  progress[0] = attempt.row[RUN]
  const observing = chain(
    attempt.ctx,
    () => begin(attempt, handler, make),
    (problem, thrown) => handler.warn(attempt, 'middleware', problem, thrown),
  )
  progress[0] = 0
  handler.track(observing)
}

/**
 * Resolves with the summary of the attempt; never rejects.
 * @param {Attempt} attempt
 * @param {OutcomeHandler} handler
 * @param {() => void} make
 */
function begin(attempt, handler, make) {
  const begun = monotonic()
  const ended = new Promise((resolve) => {
    attempt.ended = async (end) => {
      const { state, error, result } = end
      const summary = { state, error, result, duration_ms: monotonic() - begun }
      await Promise.all(attempt.hooks ?? [])
      resolve(summary)
    }
  })
  // While the middleware took its time.
  const aborted = abortedOf(attempt.ctx)
  if (aborted) handler.threw(attempt, aborted)
  else make()
  return ended
}
