// Settles attempts: turns what perform returned or threw into the outcome for the engine, and calls the class's after… methods.
// Nothing in here throws.
//
//   returned ─┬─ adopted process still runs ── wait for it ──┐
//             ├─ ctx.cancel(), ctx.snooze(), … ── as chosen  │
//             └─ anything else ── completed                  │
//   threw ────┬─ adopted process still runs ── terminate it ─┤
//             ├─ CancelJob, SnoozeJob, … ── as chosen        │
//             ├─ aborted by a cancel ── cancelled            │
//             ├─ aborted by a stop ── released               │
//             └─ anything else ── failed                     │
//                    (returned or threw, once more) ◀────────┘
// A job with a transaction of its own asks for the outcome before it commits (detail), and reports the commit (committed).

import { outcomeOf } from '../job/index.js'
import { clip } from '../shared/heap.js'
import { errorEntry, storeResult } from '../shared/serialize.js'
import { ATTEMPT, MAX_ATTEMPTS, RUN } from './columns.js'
import { abortedOf, adoptedOf, logsOf } from './context.js'
import { detailText } from './detail.js'
import { reportEnd, reportProblem } from './error-report.js'
import { delayOf, Hooks } from './hooks.js'
import { COMMITTED } from './outcome-buffer.js'
import { briefJob } from './row.js'

/** @import { DiscardJob, OutcomeKind, RetryJob, SnoozeJob } from '../job/outcomes.js' */
/** @import { OutcomeBuffer } from './outcome-buffer.js' */
/** @import { AttemptEnd } from './observe.js' */
/** @import { Attempt, RunnerDeps } from './runner.js' */

/**
 * @typedef {object} RunCallbacks
 * @property {(attempt: Attempt, promise: Promise<unknown>) => void} goOn  the run goes on until the promise settles
 * @property {(attempt: Attempt) => void} settled
 */

/** The state of an attempt that has chosen its outcome. @type {Record<Exclude<OutcomeKind, 'retry'>, AttemptEnd['state']>} */
const STATES = { cancelled: 'cancelled', discarded: 'discard', snoozed: 'snoozed' }

export class OutcomeHandler {
  #outcomes
  #deps
  #callbacks
  #hooks

  /**
   * @param {OutcomeBuffer} outcomes
   * @param {Pick<RunnerDeps, 'limits' | 'emit' | 'isWanted' | 'threw' | 'onError'>} deps
   * @param {RunCallbacks} callbacks
   */
  constructor(outcomes, deps, callbacks) {
    this.#outcomes = outcomes
    this.#deps = deps
    this.#callbacks = callbacks
    this.#hooks = new Hooks((attempt, hook, problem, thrown) => this.warn(attempt, hook, problem, thrown))
  }

  hooksDone() {
    return this.#hooks.done()
  }

  /** Has hooksDone() wait for the middleware around an attempt. @param {Promise<unknown>} observing */
  track(observing) {
    this.#hooks.track(observing)
  }

  /** Whether after… methods are running. */
  get hasHooks() {
    return this.#hooks.isRunning
  }

  /**
   * Releases the instance of a settled attempt.
   * @param {Attempt} attempt
   * @param {NonNullable<RunnerDeps['release']>} release
   */
  release(attempt, release) {
    this.#hooks.release(attempt, release)
  }

  /**
   * @param {Attempt} attempt
   * @param {unknown} value
   */
  returned(attempt, value) {
    const adopted = adoptedOf(attempt.ctx)
    if (adopted?.running) {
      // perform has returned, and the run goes on until the process ends.
      this.#callbacks.goOn(
        attempt,
        adopted.ended.then((exit) => value ?? exit),
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
   * @param {'load'} [kind]  its instance could not be made
   */
  threw(attempt, thrown, kind) {
    this.#deps.threw?.(thrown)
    const adopted = adoptedOf(attempt.ctx)
    if (adopted?.running) {
      // The process must not outlive the failed job; the run ends when the process has ended.
      adopted.kill()
      const rethrow = () => Promise.reject(thrown)
      this.#callbacks.goOn(attempt, adopted.ended.then(rethrow, rethrow))
      return
    }
    const aborted = abortedOf(attempt.ctx)
    const outcome = outcomeOf(thrown)
    if (outcome) this.#chose(attempt, outcome, thrown)
    // Anything else that a job throws after it was aborted is taken for a consequence of the abort.
    else if (aborted?.code === 'shutdown') this.#abandon(attempt, { outcome: 'released' }, thrown)
    else if (aborted?.code === 'cancelled') this.#abandon(attempt, { outcome: 'cancelled', reason: aborted.message }, thrown)
    else this.#failed(attempt, thrown, kind)
  }

  /**
   * @param {Attempt} attempt
   * @param {{ outcome: 'released' | 'cancelled', reason?: string }} outcome
   * @param {unknown} error
   */
  #abandon(attempt, outcome, error) {
    this.#add(attempt, outcome)
    this.#ended(attempt, outcome.outcome, error)
  }

  /**
   * The outcome of a job with a transaction of its own, for what perform returned: JSON text of one run.
   * @param {Attempt} attempt
   * @param {unknown} value
   * @returns {string}
   */
  detail(attempt, value) {
    const outcome = outcomeOf(value)
    if (outcome === undefined || outcome === 'retry')
      return this.#completion(attempt, value) ?? detailText(attempt, { outcome: 'completed' })
    return detailText(attempt, this.#chosen(attempt, outcome, value))
  }

  /**
   * The transaction that wrote this outcome has committed.
   * @param {Attempt} attempt
   * @param {unknown} value
   */
  committed(attempt, value) {
    this.#outcomes.addPlain(attempt.row[RUN], COMMITTED)
    this.#callbacks.settled(attempt)
    const outcome = outcomeOf(value)
    if (outcome === undefined) return this.#succeeded(attempt, value)
    if (outcome === 'discarded') this.#hooks.run(attempt, 'afterDiscard', value)
    if (outcome !== 'retry') this.#ended(attempt, STATES[outcome], value)
  }

  /**
   * @param {Attempt} attempt
   * @param {unknown} value
   */
  #completed(attempt, value) {
    const detail = this.#completion(attempt, value)
    if (detail === undefined) this.#outcomes.addPlain(attempt.row[RUN])
    else this.#outcomes.addDetail(detail)
    this.#callbacks.settled(attempt)
    this.#succeeded(attempt, value)
  }

  /**
   * @param {Attempt} attempt
   * @param {unknown} value
   * @returns {string | undefined}  undefined: completed without a result, and without lines to store
   */
  #completion(attempt, value) {
    const outcome = 'completed'
    const stored = value === undefined ? undefined : storeResult(value, this.#deps.limits.max_result_bytes)
    if (stored === undefined) return logsOf(attempt.ctx) === undefined ? undefined : detailText(attempt, { outcome })
    if ('text' in stored) return detailText(attempt, { outcome }, stored.text)
    this.warn(attempt, 'result', stored.problem)
    return detailText(attempt, { outcome, result_error: stored.problem })
  }

  /**
   * @param {Attempt} attempt
   * @param {unknown} value
   */
  #succeeded(attempt, value) {
    if (attempt.jobClass.hooks) {
      if (adoptedOf(attempt.ctx)) this.#hooks.run(attempt, 'afterAsync', value)
      this.#hooks.run(attempt, 'afterSuccess', value)
    }
    attempt.ended?.({ state: 'success', result: value })
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
    this.#add(attempt, this.#chosen(attempt, outcome, chosen))
    if (outcome === 'discarded') this.#hooks.run(attempt, 'afterDiscard', chosen)
    this.#ended(attempt, STATES[outcome], chosen)
  }

  /**
   * @param {Attempt} attempt
   * @param {Exclude<OutcomeKind, 'retry'>} outcome
   * @param {unknown} chosen
   * @returns {Record<string, unknown>}
   */
  #chosen(attempt, outcome, chosen) {
    if (outcome === 'snoozed') return { outcome, seconds: /** @type {SnoozeJob} */ (chosen).seconds }
    const reason = clip(/** @type {DiscardJob} */ (chosen).reason, this.#deps.limits.max_error_bytes)
    return outcome === 'cancelled' ? { outcome, reason } : { outcome, reason, error: this.#entry(attempt, chosen, outcome) }
  }

  /**
   * @param {Attempt} attempt
   * @param {unknown} error
   * @param {'load'} [kind]
   */
  #failed(attempt, error, kind) {
    const { backoff } = attempt.jobClass
    if (backoff === undefined || kind) this.#fail(attempt, error, null, kind)
    // backoff() may be asynchronous; the run ends after it.
    else
      delayOf(attempt, backoff, error, (problem, thrown) => this.warn(attempt, 'backoff', problem, thrown)).then((delay) =>
        this.#fail(attempt, error, delay),
      )
  }

  /**
   * @param {Attempt} attempt
   * @param {unknown} error
   * @param {number | null} delay  seconds to the next attempt; null: the engine computes it
   * @param {'load'} [kind]
   */
  #fail(attempt, error, delay, kind) {
    this.#add(attempt, { outcome: 'failed', error: this.#entry(attempt, error, kind), delay })
    this.#hooks.run(attempt, 'afterError', error)
    const isLast = attempt.row[ATTEMPT] >= attempt.row[MAX_ATTEMPTS]
    if (isLast) this.#hooks.run(attempt, 'afterDiscard', error)
    this.#ended(attempt, isLast ? 'discard' : 'failure', error, delay, kind)
  }

  /**
   * @param {Attempt} attempt
   * @param {unknown} error
   * @param {string} [kind]
   */
  #entry({ ctx }, error, kind) {
    const timedOut = abortedOf(ctx)?.code === 'timeout'
    return errorEntry(error, this.#deps.limits.max_error_bytes, timedOut ? 'timeout' : kind)
  }

  /** @param {Attempt} attempt @param {Record<string, unknown>} outcome */
  #add(attempt, outcome) {
    this.#outcomes.addDetail(detailText(attempt, outcome))
    this.#callbacks.settled(attempt)
  }

  /**
   * The attempt has ended, otherwise than by success.
   * @param {Attempt} attempt
   * @param {AttemptEnd['state']} state
   * @param {unknown} error  thrown, or the chosen outcome
   * @param {number | null} [delay]
   * @param {'load'} [kind]
   */
  #ended(attempt, state, error, delay, kind) {
    const end = { state, error, delay }
    attempt.ended?.(end)
    if (this.#deps.onError !== undefined) reportEnd(attempt, end, kind, this.#deps)
  }

  /**
   * @param {Attempt} attempt
   * @param {string} what
   * @param {string} message
   * @param {unknown} [thrown]
   */
  warn(attempt, what, message, thrown = new Error(message)) {
    const { row } = attempt
    if (this.#deps.isWanted('job:warning')) this.#deps.emit({ event: 'job:warning', job: briefJob(row), what, message })
    if (this.#deps.onError !== undefined) reportProblem(attempt, what, thrown, this.#deps)
  }
}
