// What becomes of an attempt: turns what perform returned or threw into the outcome that goes to the engine, and calls the
// class's after… methods. Nothing in here throws.
//
//   returned ─┬─ adopted process still runs ── wait for it ─┐
//             ├─ ctx.cancel() and its like ── as chosen     │
//             └─ anything else ── completed                 │
//   threw ────┬─ adopted process still runs ── end it ──────┤
//             ├─ CancelJob and its like ── as chosen        │
//             ├─ aborted by a cancel ── cancelled           │
//             ├─ aborted by a stop ── released              │
//             └─ anything else ── failed                    │
//                    (returned or threw, once more) ◀───────┘
//
// A job with a transaction of its own asks for the outcome before it commits (detail), and says when it has (committed).

import { outcomeOf } from '../job/outcomes.js'
import { errorEntry, headline, storeResult } from '../shared/serialize.js'
import { ATTEMPT, MAX_ATTEMPTS, RUN } from './columns.js'
import { abortedOf, adoptedOf, brief } from './context.js'
import { Hooks, within } from './hooks.js'
import { COMMITTED } from './outcome-buffer.js'

/** @import { Outbox } from './outcome-buffer.js' */
/** @import { DiscardJob, OutcomeKind, RetryJob, SnoozeJob } from '../job/outcomes.js' */
/** @import { Attempt, Performer, Surroundings } from './runner.js' */

/**
 * @typedef {object} Turns
 * @property {(attempt: Attempt, promise: Promise<unknown>) => void} again  the run goes on until this settles
 * @property {(run: number) => void} over
 */

export class Endings {
  #outbox
  #at
  #turns
  #hooks

  /**
   * @param {Outbox} outbox
   * @param {Pick<Surroundings, 'limits' | 'report' | 'hears'>} surroundings
   * @param {Turns} turns
   */
  constructor(outbox, surroundings, turns) {
    this.#outbox = outbox
    this.#at = surroundings
    this.#turns = turns
    this.#hooks = new Hooks((attempt, hook, problem) => this.#warn(attempt, hook, problem))
  }

  hooksDone() {
    return this.#hooks.done()
  }

  /**
   * @param {Attempt} attempt
   * @param {unknown} value
   */
  returned(attempt, value) {
    const adopted = adoptedOf(attempt.ctx)
    if (adopted?.running) {
      // perform is over and its process is not: the run goes on until that ends.
      this.#turns.again(
        attempt,
        adopted.ended.then((ended) => value ?? ended),
      )
      return
    }
    const outcome = outcomeOf(value)
    if (outcome) this.#chose(attempt, outcome, value)
    else this.#completed(attempt, value)
  }

  /**
   * @param {Attempt} attempt
   * @param {unknown} thrown
   */
  threw(attempt, thrown) {
    const adopted = adoptedOf(attempt.ctx)
    if (adopted?.running) {
      // The job failed and its process must not outlive it; the run ends with both.
      adopted.kill()
      const rethrow = () => Promise.reject(thrown)
      this.#turns.again(attempt, adopted.ended.then(rethrow, rethrow))
      return
    }
    const aborted = abortedOf(attempt.ctx)
    const outcome = outcomeOf(thrown)
    if (outcome) this.#chose(attempt, outcome, thrown)
    // Whatever a job throws when it has been told to end, it throws because of that.
    else if (aborted?.code === 'shutdown') this.#settle(attempt, { outcome: 'released' })
    else if (aborted?.code === 'cancelled') this.#settle(attempt, { outcome: 'cancelled', reason: aborted.message })
    else this.#failed(attempt, thrown)
  }

  /**
   * The outcome that a job's own transaction is to write, for what perform returned: JSON text of one settled run.
   * @param {Attempt} attempt
   * @param {unknown} value
   * @returns {string}
   */
  detail(attempt, value) {
    const outcome = outcomeOf(value)
    if (outcome === undefined || outcome === 'retry') return this.#completion(attempt, value) ?? completed(attempt.row[RUN])
    return JSON.stringify({ run: attempt.row[RUN], ...this.#chosen(attempt, outcome, value) })
  }

  /**
   * The transaction that wrote this outcome has committed.
   * @param {Attempt} attempt
   * @param {unknown} value
   */
  committed(attempt, value) {
    this.#outbox.done(attempt.row[RUN], COMMITTED)
    this.#turns.over(attempt.row[RUN])
    const outcome = outcomeOf(value)
    if (outcome === undefined) this.#succeeded(attempt, value)
    else if (outcome === 'discarded') this.#hooks.run(attempt, 'afterDiscard', value)
  }

  /**
   * @param {Attempt} attempt
   * @param {unknown} value
   */
  #completed(attempt, value) {
    const detail = this.#completion(attempt, value)
    if (detail === undefined) this.#outbox.done(attempt.row[RUN])
    else this.#outbox.add(detail)
    this.#turns.over(attempt.row[RUN])
    this.#succeeded(attempt, value)
  }

  /**
   * @param {Attempt} attempt
   * @param {unknown} value
   * @returns {string | undefined}  undefined: there is nothing to say but "completed"
   */
  #completion(attempt, value) {
    const run = attempt.row[RUN]
    const stored = value === undefined ? undefined : storeResult(value, this.#at.limits.max_result_bytes)
    if (stored === undefined) return undefined
    if ('text' in stored) return completed(run, stored.text)
    this.#warn(attempt, 'result', stored.problem)
    return JSON.stringify({ run, outcome: 'completed', result_error: stored.problem })
  }

  /**
   * @param {Attempt} attempt
   * @param {unknown} value
   */
  #succeeded(attempt, value) {
    if (!attempt.performer.hooks) return
    if (adoptedOf(attempt.ctx)) this.#hooks.run(attempt, 'afterAsync', value)
    this.#hooks.run(attempt, 'afterSuccess', value)
  }

  /**
   * @param {Attempt} attempt
   * @param {OutcomeKind} outcome
   * @param {unknown} chosen
   */
  #chose(attempt, outcome, chosen) {
    if (outcome === 'retry') {
      const { after } = /** @type {RetryJob} */ (chosen)
      if (after === undefined) this.#failed(attempt, chosen)
      else this.#fail(attempt, chosen, after)
      return
    }
    this.#settle(attempt, this.#chosen(attempt, outcome, chosen))
    if (outcome === 'discarded') this.#hooks.run(attempt, 'afterDiscard', chosen)
  }

  /**
   * @param {Attempt} attempt
   * @param {Exclude<OutcomeKind, 'retry'>} outcome
   * @param {unknown} chosen
   * @returns {Record<string, unknown>}
   */
  #chosen(attempt, outcome, chosen) {
    if (outcome === 'snoozed') return { outcome, seconds: /** @type {SnoozeJob} */ (chosen).seconds }
    const { reason } = /** @type {DiscardJob} */ (chosen)
    return outcome === 'cancelled' ? { outcome, reason } : { outcome, reason, error: this.#entry(attempt, chosen, outcome) }
  }

  /**
   * @param {Attempt} attempt
   * @param {unknown} error
   */
  #failed(attempt, error) {
    const { backoff } = attempt.performer
    if (backoff === undefined) this.#fail(attempt, error, null)
    // backoff() may take its time, and the run is not over before.
    else this.#delay(attempt, backoff, error).then((delay) => this.#fail(attempt, error, delay))
  }

  /**
   * @param {Attempt} attempt
   * @param {unknown} error
   * @param {number | null} delay  seconds to the next attempt; null: as the engine reckons
   */
  #fail(attempt, error, delay) {
    this.#settle(attempt, { outcome: 'failed', error: this.#entry(attempt, error), delay })
    this.#hooks.run(attempt, 'afterError', error)
    if (attempt.row[ATTEMPT] >= attempt.row[MAX_ATTEMPTS]) this.#hooks.run(attempt, 'afterDiscard', error)
  }

  /**
   * What the class's own backoff() says, if it is a number of seconds and says it in time.
   * @param {Attempt} attempt
   * @param {NonNullable<Performer['backoff']>} backoff
   * @param {unknown} error
   * @returns {Promise<number | null>}
   */
  async #delay(attempt, backoff, error) {
    try {
      const seconds = await within(() => backoff.call(attempt.job, attempt.row[ATTEMPT], error))
      if (typeof seconds === 'number' && seconds >= 0 && Number.isFinite(seconds)) return seconds
      this.#warn(attempt, 'backoff', `expected seconds of 0 or more, got ${headline(seconds)}`)
    } catch (thrown) {
      this.#warn(attempt, 'backoff', headline(thrown))
    }
    return null
  }

  /**
   * @param {Attempt} attempt
   * @param {unknown} error
   * @param {string} [kind]
   */
  #entry({ ctx }, error, kind) {
    const timedOut = abortedOf(ctx)?.code === 'timeout'
    return errorEntry(error, this.#at.limits.max_error_bytes, timedOut ? 'timeout' : kind)
  }

  /**
   * @param {Attempt} attempt
   * @param {Record<string, unknown>} outcome
   */
  #settle({ row }, outcome) {
    this.#outbox.add(JSON.stringify({ run: row[RUN], ...outcome }))
    this.#turns.over(row[RUN])
  }

  /**
   * @param {Attempt} attempt
   * @param {string} what
   * @param {string} message
   */
  #warn({ row }, what, message) {
    if (this.#at.hears('job:warning')) this.#at.report({ event: 'job:warning', job: brief(row), what, message })
  }
}

/**
 * @param {number} run
 * @param {string} [result]  its JSON text
 */
function completed(run, result) {
  return result === undefined ? `{"run":${run},"outcome":"completed"}` : `{"run":${run},"outcome":"completed","result":${result}}`
}
