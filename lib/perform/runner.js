// Performs jobs in one isolate: takes batches of rows, calls perform, and leaves the results to settle.js. It does not know
// how rows arrive and how outcomes leave (slot.js, entries/job-process.js), so it is the same on the main thread, in a job
// thread and in a job process.
//
// An ordinary job costs one context, one instance and one promise; anything that few jobs need is created on demand.

import { chainsOf } from '../middleware/index.js'
import { state } from '../shared/global-state.js'
import { errorEntry } from '../shared/serialize.js'
import { monotonic } from '../shared/timers.js'
import { callPerform } from './call.js'
import { RUN, WORKER } from './columns.js'
import { abort, abortedOf, endProgress, JobContext } from './context.js'
import { reportLoad } from './error-report.js'
import { isPromise, makeInstance } from './instance.js'
import { observe } from './observe.js'
import { OutcomeBuffer } from './outcome-buffer.js'
import { beginProfile } from './profile.js'
import { OutcomeHandler } from './settle.js'
import { checkOptions, performInTransaction } from './transactional.js'

/** @import { LoadedClass } from '../loading/class-loader.js' */
/** @import { Chains } from '../middleware/perform-chains.js' */
/** @import { AbortCode } from './context.js' */
/** @import { Mark, Usage } from './meter.js' */
/** @import { AttemptEnd } from './observe.js' */
/** @import { Report } from './progress.js' */
/** @import { Row } from './row.js' */

/**
 * One call of perform.
 * @typedef {object} Attempt
 * @property {Row} row
 * @property {LoadedClass} jobClass
 * @property {JobContext} ctx
 * @property {any} instance  of the job class; undefined until it is made, and if that fails
 * @property {Chains | undefined} chains  the middleware around it
 * @property {Promise<void>[]} [hooks]  its after… methods that have been called
 * @property {(end: AttemptEnd) => void} [ended]  reports its end to the middleware around it
 * @property {Mark} [mark]  when perform was called, if it is measured
 * @property {NonNullable<ReturnType<typeof beginProfile>>} [profile]  if it is profiled
 * @property {Usage} [usage]  what it has used, if that can be said
 */

/** @typedef {import('./services.js').RunnerDeps} RunnerDeps */
/** @typedef {import('./services.js').Limits} Limits */

/** For how many milliseconds jobs are started back to back before outcomes leave and the event loop turns. */
const SLICE = 10

export class Runner {
  #deps
  #progress
  #handler
  /** Attempts that have not settled, by run. @type {Map<number, Attempt>} */
  #running = new Map()
  /** Jobs that have not begun, oldest first. @type {Row[]} */
  #waiting = []
  /** Runs whose class is being loaded. @type {Set<number>} */
  #loading = new Set()

  /** @param {RunnerDeps} deps */
  constructor(deps) {
    this.#deps = deps
    this.#progress = deps.progress ?? new Float64Array(2)
    this.outcomes = new OutcomeBuffer()
    this.#handler = new OutcomeHandler(this.outcomes, deps, {
      goOn: (attempt, promise) => this.#follow(attempt, promise),
      settled: (attempt) => this.#settled(attempt),
    })
    this.report = deps.report
    this.emit = deps.emit
    this.isWanted = deps.isWanted
    this.enqueue = deps.enqueue
    /** @param {(tx: unknown) => any} fn @param {object} options */
    this.transaction = async (fn, options) => deps.transaction(async (tx) => fn(tx), checkOptions(options))
    this.adopted = deps.adopted
    this.released = deps.released
    this.abort_grace = deps.limits.abort_grace
  }

  /** Resolves when no after… method is running. */
  hooksDone() {
    return this.#handler.hooksDone()
  }

  /**
   * Takes a batch from the engine: [[row, …], [[run, reason], …]].
   * @param {string} text
   */
  receive(text) {
    const [rows, aborts] = JSON.parse(text)
    // Jobs that are waiting already go first.
    if (this.#waiting.length > 0) this.#waiting.push(...rows)
    else this.#begin(rows)
    for (const [run, reason] of aborts) this.#abort(run, reason)
  }

  /** Continues with the jobs that the last slice left. */
  resume() {
    if (this.#waiting.length === 0) return
    const rows = this.#waiting
    this.#waiting = []
    this.#begin(rows)
  }

  /** @param {Row[]} rows */
  #begin(rows) {
    const end = monotonic() + SLICE
    for (let i = 0; i < rows.length; i++) {
      const row = /** @type {Row} */ (rows[i])
      const jobClass = this.#deps.known(row[WORKER])
      if (jobClass === undefined) this.#load(row)
      else this.#start(row, jobClass)
      if (monotonic() > end && i + 1 < rows.length) {
        this.#waiting = rows.slice(i + 1)
        this.#deps.flush()
        return
      }
    }
  }

  /**
   * @param {Row} row
   * @param {LoadedClass} jobClass
   */
  #start(row, jobClass) {
    const ctx = new JobContext(row, this, jobClass.store_logs ?? this.#deps.limits.store_logs)
    /** @type {Attempt} */
    const attempt = { row, jobClass, ctx, instance: undefined, chains: undefined }
    this.#progress[1] = row[RUN]
    if (state.middleware !== undefined || jobClass.use !== undefined) {
      try {
        attempt.chains = chainsOf(jobClass, this.#deps.engine)
      } catch (thrown) {
        return this.#handler.threw(attempt, thrown, 'load')
      }
      const chain = attempt.chains?.attempt
      if (chain !== undefined) {
        this.#running.set(row[RUN], attempt)
        observe(attempt, chain, this.#progress, this.#handler, () => this.#make(attempt))
        return
      }
    }
    this.#make(attempt)
  }

  /** @param {Attempt} attempt */
  #make(attempt) {
    const { row, jobClass, ctx } = attempt
    const { create } = this.#deps
    this.#progress[0] = row[RUN]
    let made
    try {
      made = create === undefined ? new jobClass.Class() : makeInstance(create, jobClass.Class, ctx)
    } catch (thrown) {
      this.#progress[0] = 0
      return this.#handler.threw(attempt, thrown, create && 'load')
    }
    this.#progress[0] = 0
    if (create !== undefined && isPromise(made)) return this.#performLater(attempt, made)
    attempt.instance = made
    this.#perform(attempt)
  }

  /**
   * @param {Attempt} attempt
   * @param {PromiseLike<unknown>} making  its instance
   */
  async #performLater(attempt, making) {
    this.#running.set(attempt.row[RUN], attempt)
    try {
      attempt.instance = await making
    } catch (thrown) {
      this.#handler.threw(attempt, thrown, 'load')
      return
    }
    const aborted = abortedOf(attempt.ctx)
    if (aborted) this.#handler.threw(attempt, aborted)
    else this.#perform(attempt)
  }

  /** @param {Attempt} attempt */
  #perform(attempt) {
    this.#measureFrom(attempt)
    const profile = beginProfile(attempt.row, this.#running)
    if (profile !== undefined) attempt.profile = profile
    if (attempt.jobClass.transaction) return this.#transact(attempt)
    let returned
    let isPending
    try {
      returned = callPerform(attempt, this.#progress)
      isPending = isPromise(returned)
    } catch (thrown) {
      this.#measure(attempt, true)
      return this.#handler.threw(attempt, thrown)
    }
    if (isPending) return this.#follow(attempt, /** @type {PromiseLike<unknown>} */ (returned))
    this.#measure(attempt, true)
    this.#handler.returned(attempt, returned)
  }

  /** @param {Attempt} attempt */
  #measureFrom(attempt) {
    const { meter, limits } = this.#deps
    meter?.begin()
    if (!meter || !(attempt.jobClass.measure ?? limits.measure)) return
    const others = this.#running.size - Number(this.#running.has(attempt.row[RUN]))
    attempt.mark = meter.mark(others + this.#loading.size === 0 && !this.#handler.hasHooks)
  }

  /** @param {Attempt} attempt @param {boolean} atOnce */
  #measure(attempt, atOnce) {
    if (attempt.mark) attempt.usage = this.#deps.meter?.usage(attempt.mark, atOnce)
  }

  /**
   * @param {Attempt} attempt
   * @param {PromiseLike<unknown>} promise
   */
  async #follow(attempt, promise) {
    this.#running.set(attempt.row[RUN], attempt)
    let value
    try {
      value = await promise
    } catch (thrown) {
      this.#measure(attempt, false)
      this.#handler.threw(attempt, thrown)
      return
    }
    this.#measure(attempt, false)
    this.#handler.returned(attempt, value)
  }

  /** @param {Attempt} attempt */
  async #transact(attempt) {
    this.#running.set(attempt.row[RUN], attempt)
    let value
    try {
      value = await performInTransaction(attempt, () => callPerform(attempt, this.#progress), this.#deps, this.#handler)
    } catch (thrown) {
      this.#measure(attempt, false)
      this.#handler.threw(attempt, thrown)
      return
    }
    this.#measure(attempt, false)
    this.#handler.committed(attempt, value)
  }

  /** @param {Attempt} attempt */
  #settled(attempt) {
    endProgress(attempt.ctx)
    // While the run is that of this isolate.
    if (attempt.profile) this.report(attempt.profile.end(attempt.row))
    if (attempt.usage) this.outcomes.addUsage(attempt.row[RUN], attempt.usage)
    this.#running.delete(attempt.row[RUN])
    this.#deps.flush()
    if (this.#deps.release !== undefined) this.#handler.release(attempt, this.#deps.release)
  }

  /**
   * @param {number} run  0: the whole isolate
   * @param {AbortCode | 'stop'} reason
   */
  #abort(run, reason) {
    if (reason === 'stop') return this.#deps.stop()
    const attempt = this.#running.get(run)
    if (attempt) return abort(attempt.ctx, reason)
    const at = this.#waiting.findIndex((row) => row[RUN] === run)
    // A run that neither waits nor loads has settled; its outcome is on the way.
    if (at < 0 && !this.#loading.delete(run)) return
    if (at >= 0) this.#waiting.splice(at, 1)
    const outcome =
      reason === 'cancelled' ? { outcome: 'cancelled', reason: 'cancelled before it began' } : { outcome: 'released', begun: false }
    this.outcomes.addDetail(JSON.stringify({ run, ...outcome }))
    this.#deps.flush()
  }

  /**
   * Loads a class that was registered after this isolate began, or that other code here enqueued by name.
   * @param {Row} row
   */
  async #load(row) {
    const run = row[RUN]
    this.#loading.add(run)
    this.#deps.meter?.begin()
    let jobClass
    try {
      jobClass = await this.#deps.load(row[WORKER])
    } catch (thrown) {
      if (!this.#loading.delete(run)) return
      reportLoad(row, thrown, this.#deps)
      const error = errorEntry(thrown, this.#deps.limits.max_error_bytes, 'load')
      this.outcomes.addDetail(JSON.stringify({ run, outcome: 'failed', error, delay: null }))
      this.#deps.flush()
      return
    }
    if (this.#loading.delete(run)) this.#start(row, jobClass)
  }
}
