// Performs jobs in one isolate: takes batches of rows, calls perform, and leaves the results to settle.js. It does not know
// how rows arrive and how outcomes leave (slot.js, entries/job-process.js), so it is the same on the main thread, in a job
// thread and in a job process.
//
// An ordinary job costs one context, one instance and one promise; anything that few jobs need is created on demand.

import { errorEntry } from '../shared/serialize.js'
import { monotonic } from '../shared/timers.js'
import { ARGS, RUN, WORKER } from './columns.js'
import { abort, abortedOf, endProgress, JobContext } from './context.js'
import { isPromise, makeInstance } from './instance.js'
import { OutcomeBuffer } from './outcome-buffer.js'
import { briefJob } from './row.js'
import { OutcomeHandler } from './settle.js'
import { checkOptions, performInTransaction } from './transactional.js'

/** @import { LogLevel } from '../events/levels.js' */
/** @import { TransactionOptions } from '../drivers/open.js' */
/** @import { LoadedClass } from '../loading/class-loader.js' */
/** @import { Create, SetupFile } from '../shared/setup-file.js' */
/** @import { AbortCode } from './context.js' */
/** @import { Report } from './progress.js' */
/** @import { Row } from './row.js' */

/**
 * One call of perform.
 * @typedef {object} Attempt
 * @property {Row} row
 * @property {LoadedClass} jobClass
 * @property {JobContext} ctx
 * @property {any} instance  of the job class; undefined until it is made, and if that fails
 * @property {Promise<void>[]} [hooks]  its after… methods that have been called
 */

/**
 * What a runner needs from its isolate.
 * @typedef {object} RunnerDeps
 * @property {(name: string) => LoadedClass | undefined} known  the class, if it is loaded
 * @property {(name: string) => Promise<LoadedClass>} load  loads the class's file
 * @property {Create | undefined} create  makes the instance of an attempt, in place of the constructor
 * @property {SetupFile['release']} release  called with the instance after the attempt
 * @property {<T>(run: (tx: unknown, ack: (text: string) => Promise<string>) => Promise<T>, options: TransactionOptions) => Promise<T>} transaction
 *   runs a function in a transaction of the driver; `ack` writes a prepared ack there and resolves to the job's state or 'lost'
 * @property {(detail: string) => string | null | Promise<string | null>} prepareAck  the ack that a job's own transaction is to
 *   write; null when the run was given up
 * @property {(worker: any, args: any, options: any) => Promise<any>} enqueue
 * @property {(event: Record<string, unknown>) => void} emit  an event of this isolate
 * @property {(kind: string, level?: LogLevel) => boolean} isWanted  whether events of this kind, and level, have a listener
 * @property {(text: string) => void} report  a job reports its progress, as JSON for the engine
 * @property {(pid: number) => void} adopted  a job has adopted a process
 * @property {(pid: number) => void} released  an adopted process has ended
 * @property {() => void} flush  outcomes are waiting and should be taken soon
 * @property {() => void} stop  no more jobs will come
 * @property {Limits} limits
 * @property {Float64Array} [progress]  see PROGRESS in workers/worker-thread.js
 */

/** @typedef {{ max_result_bytes: number, max_error_bytes: number, abort_grace: number, store_logs: boolean }} Limits */

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
    this.emit = deps.emit
    this.isWanted = deps.isWanted
    this.enqueue = deps.enqueue
    /** @param {(tx: unknown) => any} fn @param {object} options */
    this.transaction = async (fn, options) => deps.transaction(async (tx) => fn(tx), checkOptions(options))
    this.adopted = deps.adopted
    this.released = deps.released
    this.abort_grace = deps.limits.abort_grace
  }

  /**
   * @param {Row} row
   * @param {Report} report
   */
  reportProgress(row, { value, message }) {
    this.#deps.report(JSON.stringify({ run: row[RUN], value, message }))
    if (!this.isWanted('job:progress')) return
    this.emit({ event: 'job:progress', job: briefJob(row), value, message, at: new Date().toISOString() })
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
    const attempt = { row, jobClass, ctx, instance: undefined }
    this.#progress[0] = row[RUN]
    this.#progress[1] = row[RUN]
    const { create } = this.#deps
    let made
    try {
      made = create === undefined ? new jobClass.Class() : makeInstance(create, jobClass.Class, ctx)
    } catch (thrown) {
      this.#progress[0] = 0
      this.#handler.threw(attempt, thrown, create && 'load')
      return
    }
    if (create !== undefined && isPromise(made)) {
      this.#progress[0] = 0
      this.#performLater(attempt, made)
      return
    }
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
    const { row, jobClass, ctx, instance } = attempt
    const progress = this.#progress
    if (jobClass.transaction) {
      progress[0] = 0
      this.#transact(attempt)
      return
    }
    progress[0] = row[RUN]
    let returned
    let isPending
    try {
      returned = instance.perform(row[ARGS], ctx)
      isPending = isPromise(returned)
    } catch (thrown) {
      progress[0] = 0
      this.#handler.threw(attempt, thrown)
      return
    }
    progress[0] = 0
    if (isPending) this.#follow(attempt, returned)
    else this.#handler.returned(attempt, returned)
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
      this.#handler.threw(attempt, thrown)
      return
    }
    this.#handler.returned(attempt, value)
  }

  /** @param {Attempt} attempt */
  async #transact(attempt) {
    const { row, instance } = attempt
    const run = row[RUN]
    const progress = this.#progress
    this.#running.set(run, attempt)
    /** @param {unknown} ctx */
    const perform = (ctx) => {
      progress[0] = run
      try {
        return instance.perform(row[ARGS], ctx)
      } finally {
        progress[0] = 0
      }
    }
    let value
    try {
      value = await performInTransaction(attempt, perform, this.#deps, this.#handler)
    } catch (thrown) {
      this.#handler.threw(attempt, thrown)
      return
    }
    this.#handler.committed(attempt, value)
  }

  /** @param {Attempt} attempt */
  #settled(attempt) {
    endProgress(attempt.ctx)
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
    let jobClass
    try {
      jobClass = await this.#deps.load(row[WORKER])
    } catch (thrown) {
      if (!this.#loading.delete(run)) return
      const error = errorEntry(thrown, this.#deps.limits.max_error_bytes, 'load')
      this.outcomes.addDetail(JSON.stringify({ run, outcome: 'failed', error, delay: null }))
      this.#deps.flush()
      return
    }
    if (this.#loading.delete(run)) this.#start(row, jobClass)
  }
}
