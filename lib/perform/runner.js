// Performs jobs in one JavaScript environment: takes batches of rows and calls perform; endings.js makes outcomes of what
// comes of it. It knows nothing of how rows arrive and outcomes leave (slot.js, child.js), so it is the same on the main
// thread, in a job thread and in a child process.
//
// The usual job costs one context, one instance and one promise; what few jobs need is made when they ask for it.

import { errorEntry } from '../shared/serialize.js'
import { ARGS, RUN, WORKER } from './columns.js'
import { abort, JobContext } from './context.js'
import { Outbox } from './outcome-buffer.js'
import { Endings } from './settle.js'
import { checkOptions, performInTransaction } from './transactional.js'

/** @import { AbortCode, Row } from './context.js' */
/** @import { TransactionOptions } from './transactional.js' */

/**
 * A job class, read once.
 * @typedef {object} Performer
 * @property {new () => any} Class
 * @property {boolean | TransactionOptions} transaction  perform runs in the driver's transaction
 * @property {boolean} hooks  it has at least one after… method
 * @property {((attempt: number, error: unknown) => unknown) | undefined} backoff
 */

/**
 * One call of perform.
 * @typedef {object} Attempt
 * @property {Row} row
 * @property {Performer} performer
 * @property {JobContext} ctx
 * @property {any} job  the instance; undefined if its constructor threw
 */

/**
 * What a runner needs from where it lives.
 * @typedef {object} Surroundings
 * @property {(name: string) => Performer | undefined} known  the class, if it is loaded
 * @property {(name: string) => Promise<Performer>} load  loads the class's file
 * @property {<T>(run: (tx: unknown, settle: (text: string) => Promise<string>) => Promise<T>, options: TransactionOptions) => Promise<T>} transaction
 *   runs it in a transaction of the driver; `settle` writes a settlement there, and gives the state or 'lost'
 * @property {(detail: string) => string | null | Promise<string | null>} settlement  what a job's own transaction is to write; null
 *   when the run was given up
 * @property {(worker: any, args: any, options: any) => Promise<any>} enqueue
 * @property {(event: Record<string, unknown>) => void} report  an event of this environment
 * @property {(kind: string) => boolean} hears  whether anybody listens for such events
 * @property {(pid: number) => void} holds  a process now stands for a job
 * @property {(pid: number) => void} drops
 * @property {() => void} flush  outcomes are waiting: take them soon
 * @property {() => void} stop  no more jobs will come
 * @property {Limits} limits
 * @property {Float64Array} [beat]  [run whose perform is on the stack or 0, newest run that began, …], readable after a crash
 */

/** @typedef {{ max_result_bytes: number, max_error_bytes: number, abort_grace: number }} Limits */

// How long jobs may be started back to back before outcomes leave and the event loop turns.
const SLICE = 10

export class Runner {
  #at
  #beat
  #endings
  /** Calls that have not settled. @type {Map<number, Attempt>} */
  #running = new Map()
  /** Jobs that came and have not begun, oldest first. @type {Row[]} */
  #waiting = []
  /** Jobs whose class is being loaded. @type {Set<number>} */
  #loading = new Set()

  /** @param {Surroundings} surroundings */
  constructor(surroundings) {
    this.#at = surroundings
    this.#beat = surroundings.beat ?? new Float64Array(2)
    this.outbox = new Outbox()
    this.#endings = new Endings(this.outbox, surroundings, {
      again: (attempt, promise) => this.#follow(attempt, promise),
      over: (run) => this.#over(run),
    })
    this.report = surroundings.report
    this.hears = surroundings.hears
    this.enqueue = surroundings.enqueue
    /** @param {(tx: unknown) => any} fn @param {object} options */
    this.transaction = async (fn, options) => surroundings.transaction(async (tx) => fn(tx), checkOptions(options))
    this.holds = surroundings.holds
    this.drops = surroundings.drops
    this.abort_grace = surroundings.limits.abort_grace
  }

  /** Resolves when no after… method is running any more. */
  hooksDone() {
    return this.#endings.hooksDone()
  }

  /**
   * A batch from the engine: [[row, …], [[run, reason], …]].
   * @param {string} text
   */
  receive(text) {
    const [rows, aborts] = JSON.parse(text)
    // While some wait already, they go first.
    if (this.#waiting.length > 0) this.#waiting.push(...rows)
    else this.#begin(rows)
    for (const [run, reason] of aborts) this.#abort(run, reason)
  }

  /** Goes on with the jobs that the last slice left. */
  resume() {
    if (this.#waiting.length === 0) return
    const rows = this.#waiting
    this.#waiting = []
    this.#begin(rows)
  }

  /** @param {Row[]} rows */
  #begin(rows) {
    const end = Date.now() + SLICE
    for (let i = 0; i < rows.length; i++) {
      const row = /** @type {Row} */ (rows[i])
      const performer = this.#at.known(row[WORKER])
      if (performer === undefined) this.#load(row)
      else this.#start(row, performer)
      if (Date.now() > end && i + 1 < rows.length) {
        this.#waiting = rows.slice(i + 1)
        this.#at.flush()
        return
      }
    }
  }

  /**
   * @param {Row} row
   * @param {Performer} performer
   */
  #start(row, performer) {
    const ctx = new JobContext(row, this)
    /** @type {Attempt} */
    const attempt = { row, performer, ctx, job: undefined }
    const beat = this.#beat
    beat[0] = row[RUN]
    beat[1] = row[RUN]
    let returned
    let pending
    try {
      const job = new performer.Class()
      attempt.job = job
      if (performer.transaction) {
        beat[0] = 0
        this.#transact(attempt)
        return
      }
      returned = job.perform(row[ARGS], ctx)
      pending = returned !== null && typeof returned === 'object' && typeof returned.then === 'function'
    } catch (thrown) {
      beat[0] = 0
      this.#endings.threw(attempt, thrown)
      return
    }
    beat[0] = 0
    if (pending) this.#follow(attempt, returned)
    else this.#endings.returned(attempt, returned)
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
      this.#endings.threw(attempt, thrown)
      return
    }
    this.#endings.returned(attempt, value)
  }

  /** @param {Attempt} attempt */
  async #transact(attempt) {
    const { row, job } = attempt
    const run = row[RUN]
    const beat = this.#beat
    this.#running.set(run, attempt)
    /** @param {unknown} ctx */
    const perform = (ctx) => {
      beat[0] = run
      try {
        return job.perform(row[ARGS], ctx)
      } finally {
        beat[0] = 0
      }
    }
    let value
    try {
      value = await performInTransaction(attempt, perform, this.#at, this.#endings)
    } catch (thrown) {
      this.#endings.threw(attempt, thrown)
      return
    }
    this.#endings.committed(attempt, value)
  }

  /** @param {number} run */
  #over(run) {
    this.#running.delete(run)
    this.#at.flush()
  }

  /**
   * @param {number} run  0: the whole environment
   * @param {AbortCode | 'stop'} reason
   */
  #abort(run, reason) {
    if (reason === 'stop') return this.#at.stop()
    const attempt = this.#running.get(run)
    if (attempt) return abort(attempt.ctx, reason)
    const at = this.#waiting.findIndex((row) => row[RUN] === run)
    // A run that is neither has settled; its outcome is on its way.
    if (at < 0 && !this.#loading.delete(run)) return
    if (at >= 0) this.#waiting.splice(at, 1)
    const outcome =
      reason === 'cancelled' ? { outcome: 'cancelled', reason: 'cancelled before it began' } : { outcome: 'released', begun: false }
    this.outbox.add(JSON.stringify({ run, ...outcome }))
    this.#at.flush()
  }

  /**
   * A class that was not loaded yet: registered after this thread began, or enqueued here from another queue.
   * @param {Row} row
   */
  async #load(row) {
    const run = row[RUN]
    this.#loading.add(run)
    let performer
    try {
      performer = await this.#at.load(row[WORKER])
    } catch (thrown) {
      if (!this.#loading.delete(run)) return
      const error = errorEntry(thrown, this.#at.limits.max_error_bytes)
      this.outbox.add(JSON.stringify({ run, outcome: 'failed', error, delay: null }))
      this.#at.flush()
      return
    }
    if (this.#loading.delete(run)) this.#start(row, performer)
  }
}
