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
//
// A job with a transaction of its own asks for the outcome before it commits (detail), and reports the commit (committed).

import { outcomeOf } from '../job/index.js'
import { errorEntry, headline, storeResult } from '../shared/serialize.js'
import { ATTEMPT, MAX_ATTEMPTS, RUN } from './columns.js'
import { abortedOf, adoptedOf, logsOf } from './context.js'
import { Hooks, withHookTimeout } from './hooks.js'
import { COMMITTED } from './outcome-buffer.js'
import { briefJob } from './row.js'

/** @import { LoadedClass } from '../loading/class-loader.js' */
/** @import { DiscardJob, OutcomeKind, RetryJob, SnoozeJob } from '../job/outcomes.js' */
/** @import { OutcomeBuffer } from './outcome-buffer.js' */
/** @import { Attempt, RunnerDeps } from './runner.js' */

/**
 * @typedef {object} RunCallbacks
 * @property {(attempt: Attempt, promise: Promise<unknown>) => void} goOn  the run goes on until the promise settles
 * @property {(attempt: Attempt) => void} settled
 */

export class OutcomeHandler {
  #outcomes
  #deps
  #callbacks
  #hooks

  /**
   * @param {OutcomeBuffer} outcomes
   * @param {Pick<RunnerDeps, 'limits' | 'emit' | 'isWanted'>} deps
   * @param {RunCallbacks} callbacks
   */
  constructor(outcomes, deps, callbacks) {
    this.#outcomes = outcomes
    this.#deps = deps
    this.#callbacks = callbacks
    this.#hooks = new Hooks((attempt, hook, problem) => this.#warn(attempt, hook, problem))
  }

  hooksDone() {
    return this.#hooks.done()
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
    else if (aborted?.code === 'shutdown') this.#add(attempt, { outcome: 'released' })
    else if (aborted?.code === 'cancelled') this.#add(attempt, { outcome: 'cancelled', reason: aborted.message })
    else this.#failed(attempt, thrown, kind)
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
    if (outcome === undefined) this.#succeeded(attempt, value)
    else if (outcome === 'discarded') this.#hooks.run(attempt, 'afterDiscard', value)
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
    this.#warn(attempt, 'result', stored.problem)
    return detailText(attempt, { outcome, result_error: stored.problem })
  }

  /**
   * @param {Attempt} attempt
   * @param {unknown} value
   */
  #succeeded(attempt, value) {
    if (!attempt.jobClass.hooks) return
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
    this.#add(attempt, this.#chosen(attempt, outcome, chosen))
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
   * @param {'load'} [kind]
   */
  #failed(attempt, error, kind) {
    const { backoff } = attempt.jobClass
    if (backoff === undefined || kind) this.#fail(attempt, error, null, kind)
    // backoff() may be asynchronous; the run ends after it.
    else this.#delay(attempt, backoff, error).then((delay) => this.#fail(attempt, error, delay))
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
    if (attempt.row[ATTEMPT] >= attempt.row[MAX_ATTEMPTS]) this.#hooks.run(attempt, 'afterDiscard', error)
  }

  /**
   * The delay that the class's own backoff() gives; null if it is not a number of seconds or takes too long.
   * @param {Attempt} attempt
   * @param {NonNullable<LoadedClass['backoff']>} backoff
   * @param {unknown} error
   * @returns {Promise<number | null>}
   */
  async #delay(attempt, backoff, error) {
    try {
      const seconds = await withHookTimeout(() => backoff.call(attempt.instance, attempt.row[ATTEMPT], error))
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
    return errorEntry(error, this.#deps.limits.max_error_bytes, timedOut ? 'timeout' : kind)
  }

  /**
   * @param {Attempt} attempt
   * @param {Record<string, unknown>} outcome
   */
  #add(attempt, outcome) {
    this.#outcomes.addDetail(detailText(attempt, outcome))
    this.#callbacks.settled(attempt)
  }

  /**
   * @param {Attempt} attempt
   * @param {string} what
   * @param {string} message
   */
  #warn({ row }, what, message) {
    if (this.#deps.isWanted('job:warning')) this.#deps.emit({ event: 'job:warning', job: briefJob(row), what, message })
  }
}

/**
 * The JSON text of an outcome, with the lines that the attempt is to store.
 * @param {Attempt} attempt
 * @param {Record<string, unknown>} outcome
 * @param {string} [result]  its JSON text
 */
function detailText({ row, ctx }, outcome, result) {
  const logs = logsOf(ctx)
  const text = JSON.stringify({ run: row[RUN], ...outcome })
  if (logs === undefined && result === undefined) return text
  const more = `${result === undefined ? '' : `,"result":${result}`}${logs === undefined ? '' : `,"logs":${logs}`}`
  return `${text.slice(0, -1)}${more}}`
}
