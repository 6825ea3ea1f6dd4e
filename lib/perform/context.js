// What a job gets as its second argument. Everything on it is made on first use, because most jobs look at none of it.

import { format } from 'node:util'
import { Log } from '../events/log.js'
import { CancelJob, DiscardJob, RetryJob, SnoozeJob } from '../job/outcomes.js'
import { EramError, shown } from '../shared/errors.js'
import { Adopted } from './adopted-process.js'
import {
  ARGS,
  ATTEMPT,
  ATTEMPTED_AT,
  ERRORS,
  ID,
  INSERTED_AT,
  MAX_ATTEMPTS,
  META,
  PRIORITY,
  QUEUE,
  SCHEDULED_AT,
  TAGS,
  TIMEOUT,
  WORKER,
} from './columns.js'

/** @import { ChildProcess } from 'node:child_process' */
/** @import { LogLevel } from '../events/log.js' */
/** @import { Runner } from './runner.js' */
/** @typedef {'timeout' | 'cancelled' | 'shutdown'} AbortCode */

/**
 * One job as the engine hands it over; see columns.js.
 * @typedef {any[]} Row
 */

const WHY = {
  timeout: 'the job took longer than its timeout',
  cancelled: 'the job was cancelled',
  shutdown: 'the engine is stopping',
}

/** Why a run is asked to end: the reason of `ctx.signal`. */
export class JobAborted extends Error {
  /**
   * @param {AbortCode} code
   * @param {string} [message]
   */
  constructor(code, message) {
    super(message || WHY[code])
    this.code = code
  }
}
Object.defineProperty(JobAborted.prototype, 'name', { value: 'JobAborted', writable: true, configurable: true })

// What the runner may do with a context and a job may not.
/** @type {(ctx: JobContext) => Row} */
export let rowOf
/** @type {(ctx: JobContext) => JobAborted | undefined} */
export let abortedOf
/** @type {(ctx: JobContext) => Adopted | undefined} */
export let adoptedOf
/** @type {(ctx: JobContext, tx: unknown) => void} */
export let enterTransaction
/** @type {(ctx: JobContext, code: AbortCode, text?: string) => void} */
export let abort

export class JobContext {
  #row
  #runner
  /** @type {AbortController | undefined} */
  #controller
  /** @type {JobAborted | undefined} */
  #aborted
  /** @type {Adopted | undefined} */
  #adopted
  /** @type {Log | undefined} */
  #log
  /** @type {Record<string, unknown> | undefined} */
  #job
  /** The transaction of a job with `transaction: true`. @type {any} */
  #tx

  /**
   * @param {Row} row
   * @param {Runner} runner
   */
  constructor(row, runner) {
    this.#row = row
    this.#runner = runner
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
    this.#job ??= jobOf(this.#row)
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
    this.#log ??= new Log((level, words) => this.#write(level, words))
    return this.#log
  }

  get tx() {
    return this.#tx
  }

  // These four use no `this`, so that they work when taken off the context: perform(args, { snooze }).

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
   * Makes an operating-system process the job: the run lasts until it ends, and its exit decides the outcome.
   * @param {ChildProcess | number} child
   * @returns {Promise<{ pid: number, exit_code: number | null }>}
   */
  adopt(child) {
    if (this.#adopted) {
      throw new EramError('ERAM_JOB', `ctx.adopt: expected one process a job, got a second; the first is ${this.#adopted.pid}`)
    }
    this.#adopted = new Adopted(child, this.#runner)
    if (this.#aborted) this.#adopted.kill()
    return this.#adopted.ended
  }

  /**
   * Runs `fn` in a transaction of the driver, for jobs that need one for a part of their work only.
   * @template T
   * @param {(tx: any) => T | Promise<T>} fn
   * @param {object} [options]
   * @returns {Promise<T>}
   */
  async transaction(fn, options = {}) {
    if (typeof fn !== 'function') throw new EramError('ERAM_JOB', `ctx.transaction: expected a function, got ${shown(fn)}`)
    if (this.#tx !== undefined) {
      throw new EramError('ERAM_JOB', 'ctx.transaction: expected a job without a transaction, got one with transaction: true; use ctx.tx')
    }
    return this.#runner.transaction(fn, options)
  }

  /**
   * Puts another job on its queue, in this job's transaction if it has one.
   * @param {string | (Function & { enqueue: (args: any, options?: any) => Promise<any> })} worker
   * @param {object} [args]
   * @param {object} [options]
   */
  enqueue(worker, args, options) {
    return this.#runner.enqueue(worker, args, { ...(this.#tx === undefined ? undefined : { tx: this.#tx }), ...options })
  }

  /** @param {LogLevel} level @param {unknown[]} words */
  #write(level, words) {
    if (!this.#runner.hears('job:log')) return
    this.#runner.report({ event: 'job:log', job: brief(this.#row), level, message: format(...words), at: new Date().toISOString() })
  }

  static {
    rowOf = (ctx) => ctx.#row
    abortedOf = (ctx) => ctx.#aborted
    adoptedOf = (ctx) => ctx.#adopted
    enterTransaction = (ctx, tx) => {
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

/**
 * What events say of a job.
 * @param {Row} row
 */
export function brief(row) {
  return { id: row[ID], worker: row[WORKER], queue: row[QUEUE], attempt: row[ATTEMPT], max_attempts: row[MAX_ATTEMPTS] }
}

/** @param {Row} row */
function jobOf(row) {
  return {
    id: row[ID],
    state: 'executing',
    worker: row[WORKER],
    queue: row[QUEUE],
    attempt: row[ATTEMPT],
    max_attempts: row[MAX_ATTEMPTS],
    priority: row[PRIORITY],
    args: row[ARGS],
    meta: row[META] || {},
    tags: row[TAGS] || [],
    errors: row[ERRORS] || [],
    inserted_at: new Date(row[INSERTED_AT]),
    scheduled_at: new Date(row[SCHEDULED_AT]),
    attempted_at: new Date(row[ATTEMPTED_AT]),
    timeout: row[TIMEOUT] || null,
  }
}
