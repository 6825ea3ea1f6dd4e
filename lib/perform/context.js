// JobContext, the second argument of perform. Its members are created on first use, because most jobs use none of them.

import { createLog, formatted, logEntry } from '../events/index.js'
import { CancelJob, DiscardJob, RetryJob, SnoozeJob } from '../job/index.js'
import { EramError, setErrorName } from '../shared/errors.js'
import { state } from '../shared/global-state.js'
import { invalid } from '../shared/validate.js'
import { AdoptedProcess } from './adopted-process.js'
import { AttemptLog } from './attempt-log.js'
import { ATTEMPT, ID, MAX_ATTEMPTS, QUEUE, WORKER } from './columns.js'
import { ProgressReporter, reportProgress } from './progress.js'
import { briefJob, fullJob } from './row.js'

/** @import { ChildProcess } from 'node:child_process' */
/** @import { LogLevel } from '../events/levels.js' */
/** @import { Log } from '../events/log.js' */
/** @import { Row } from './row.js' */
/** @import { Runner } from './runner.js' */
/** @typedef {'timeout' | 'cancelled' | 'shutdown'} AbortCode */

/** @type {Record<AbortCode, string>} */
const MESSAGES = {
  timeout: 'the job took longer than its timeout',
  cancelled: 'the job was cancelled',
  shutdown: 'the engine is stopping',
}

/** Why a run is aborted: the reason of `ctx.signal`. */
class JobAborted extends Error {
  /**
   * @param {AbortCode} code
   * @param {string} [message]
   */
  constructor(code, message) {
    super(message || MESSAGES[code])
    this.code = code
  }
}
setErrorName(JobAborted, 'JobAborted')

// Access to private members for the runner, which jobs do not have.
/** @type {(ctx: JobContext) => Row} */
export let rowOf
/** @type {(ctx: JobContext) => JobAborted | undefined} */
export let abortedOf
/** @type {(ctx: JobContext) => AdoptedProcess | undefined} */
export let adoptedOf
/** The JSON text of the lines to store with the attempt. @type {(ctx: JobContext) => string | undefined} */
export let logsOf
/** Nothing more will be reported. @type {(ctx: JobContext) => void} */
export let endProgress
/** @type {(ctx: JobContext, tx: unknown) => void} */
export let setTransaction
/** @type {(ctx: JobContext, code: AbortCode, text?: string) => void} */
export let abort

export class JobContext {
  #row
  #runner
  /** @type {AbortController | undefined} */
  #controller
  /** @type {JobAborted | undefined} */
  #aborted
  /** @type {AdoptedProcess | undefined} */
  #adopted
  /** @type {Log | undefined} */
  #log
  /** The lines to store with the attempt. @type {AttemptLog | undefined} */
  #stored
  #storesLogs
  /** @type {ProgressReporter | undefined} */
  #progress
  /** @type {Record<string, unknown> | undefined} */
  #job
  /** The transaction of a job with `transaction: true`. @type {any} */
  #tx

  /**
   * @param {Row} row
   * @param {Runner} runner
   * @param {boolean} storesLogs  the lines of `ctx.log` are stored with the attempt
   */
  constructor(row, runner, storesLogs) {
    this.#row = row
    this.#runner = runner
    this.#storesLogs = storesLogs
  }

  get id() {
    return /** @type {number} */ (this.#row[ID])
  }

  get attempt() {
    return /** @type {number} */ (this.#row[ATTEMPT])
  }

  get max_attempts() {
    return /** @type {number} */ (this.#row[MAX_ATTEMPTS])
  }

  get queue() {
    return /** @type {string} */ (this.#row[QUEUE])
  }

  get worker() {
    return /** @type {string} */ (this.#row[WORKER])
  }

  get job() {
    this.#job ??= fullJob(this.#row)
    return this.#job
  }

  get signal() {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort(this.#aborted)
    }
    return this.#controller.signal
  }

  get log() {
    this.#log ??= createLog((level, args) => this.#write(level, args))
    return this.#log
  }

  get tx() {
    return this.#tx
  }

  // These four do not use `this`, so that they can be destructured: perform(args, { snooze }).

  /** @param {string} [reason] */
  cancel(reason) {
    return new CancelJob(reason)
  }

  /** @param {string} [reason] */
  discard(reason) {
    return new DiscardJob(reason)
  }

  /** @param {number} seconds */
  snooze(seconds) {
    return new SnoozeJob(seconds)
  }

  /** @param {{ after?: number, reason?: string, cause?: unknown }} [options] */
  retry(options) {
    return new RetryJob(options)
  }

  /**
   * Reports how far the job is.
   * @param {number} value  from 0 to 1
   * @param {string} [message]
   */
  progress(value, message) {
    this.#progress ??= new ProgressReporter((report) => reportProgress(this.#runner, this.#row, report))
    this.#progress.report(value, message)
  }

  /**
   * Ties the run to an operating-system process: the run lasts until the process ends, and its exit decides the outcome.
   * @param {ChildProcess | number} child
   * @returns {Promise<{ pid: number, exit_code: number | null }>}
   */
  adopt(child) {
    if (this.#adopted) {
      throw new EramError('ERAM_JOB', `ctx.adopt: expected one process per job, got a second; the first is ${this.#adopted.pid}`)
    }
    this.#adopted = new AdoptedProcess(child, this.#runner)
    if (this.#aborted) this.#adopted.kill()
    return this.#adopted.ended
  }

  /**
   * Runs `fn` in a transaction of the driver, for jobs that need one for part of their work.
   * @template T
   * @param {(tx: any) => T | Promise<T>} fn
   * @param {object} [options]
   * @returns {Promise<T>}
   */
  async transaction(fn, options = {}) {
    if (typeof fn !== 'function') throw invalid('ERAM_JOB', 'ctx.transaction', 'a function', fn)
    if (this.#tx !== undefined) {
      throw new EramError('ERAM_JOB', 'ctx.transaction: expected a job without a transaction, got one with transaction: true; use ctx.tx')
    }
    return this.#runner.transaction(fn, options)
  }

  /**
   * Enqueues another job, in this job's transaction if it has one.
   * @param {string | (Function & { enqueue: (args: any, options?: any) => Promise<any> })} worker
   * @param {object} [args]
   * @param {object} [options]
   */
  enqueue(worker, args, options) {
    return this.#runner.enqueue(worker, args, { ...(this.#tx === undefined ? undefined : { tx: this.#tx }), ...options })
  }

  /** @param {LogLevel} level @param {unknown[]} args */
  #write(level, args) {
    const isWanted = this.#runner.isWanted('job:log', level)
    if (!isWanted && !this.#storesLogs) return
    const at = new Date().toISOString()
    if (this.#storesLogs) {
      this.#stored ??= new AttemptLog()
      this.#stored.add(level, formatted(args), at)
    }
    if (isWanted) this.#runner.emit({ event: 'job:log', job: briefJob(this.#row), level, ...logEntry(args), ...state.activeSpan?.(), at })
  }

  static {
    rowOf = (ctx) => ctx.#row
    abortedOf = (ctx) => ctx.#aborted
    adoptedOf = (ctx) => ctx.#adopted
    logsOf = (ctx) => ctx.#stored?.text
    endProgress = (ctx) => ctx.#progress?.end()
    setTransaction = (ctx, tx) => {
      ctx.#tx = tx
    }
    abort = (ctx, code, text) => {
      if (ctx.#aborted) return
      ctx.#aborted = new JobAborted(code, text)
      ctx.#controller?.abort(ctx.#aborted)
      ctx.#adopted?.kill()
    }
  }
}
