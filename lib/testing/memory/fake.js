// fake(): enqueues are recorded and never inserted, so that a test needs no database.

import { findWorker, registered } from '../../job/index.js'
import { EramError } from '../../shared/errors.js'
import { invalidOption, isRecord } from '../../shared/validate.js'
import { allEnqueued, assertEnqueued, refuteEnqueued } from '../assert.js'
import { Counts, checkDrainOptions, readChoice, tooMany } from '../drain-options.js'
import { activate, deactivate, within } from '../scope.js'
import { performWith } from './perform.js'
import { readPerformOptions } from './perform-options.js'
import { Recorder } from './recorder.js'

/** @import { Choice, DrainOptions } from '../drain-options.js' */
/** @import { Job } from '../expected.js' */

const KEYS = ['queue', 'only', 'with_scheduled', 'with_recursion', 'limit', 'throws', 'tx', 'resolve', 'setup']
const FINAL = /** @type {Record<string, string>} */ ({ completed: 'completed_at', cancelled: 'cancelled_at', discarded: 'discarded_at' })

/**
 * From now on, jobs are recorded when they are enqueued, until restore().
 * @param {unknown} [options]
 */
export function fake(options = {}) {
  if (!isRecord(options)) throw invalidOption('fake', 'an object of options', options)
  const { strict = false, ...rest } = options
  for (const key of Object.keys(rest)) throw invalidOption('fake', 'only strict', key)
  if (typeof strict !== 'boolean') throw invalidOption('fake.strict', 'true or false', strict)
  return new Fake(new Recorder(strict))
}

export class Fake {
  #recorder

  /** @param {Recorder} recorder */
  constructor(recorder) {
    this.#recorder = recorder
    activate(recorder)
  }

  /** What was enqueued, oldest first. */
  get jobs() {
    return [...this.#recorder.jobs]
  }

  /** @param {unknown} given @param {unknown} [args] @param {unknown} [options] */
  assertEnqueued(given, args, options) {
    return this.run(() => assertEnqueued(given, args, options))
  }

  /** @param {unknown} given @param {unknown} [args] @param {unknown} [options] */
  refuteEnqueued(given, args, options) {
    return this.run(() => refuteEnqueued(given, args, options))
  }

  /** @param {unknown} [given] @param {unknown} [args] @param {unknown} [options] */
  allEnqueued(given, args, options) {
    return this.run(() => allEnqueued(given, args, options))
  }

  /**
   * The next enqueue of this class finds a job in its place: it resolves to that, with `conflict: true`.
   * @param {Function} type
   * @param {Record<string, unknown>} [job]  members of the job
   */
  conflict(type, job = {}) {
    if (!isRecord(job)) throw invalidOption('fake.conflict', 'members of a job', job)
    this.#recorder.conflict(registered(type).name, job)
  }

  /**
   * Performs what was recorded and can run, as drain() does; resolves to counts of attempts, and the jobs.
   * @param {DrainOptions & { tx?: unknown, resolve?: any, setup?: unknown }} [options]
   */
  async perform(options = {}) {
    const { limit, throws, with_recursion } = checkDrainOptions('fake.perform', options, KEYS)
    const choice = readChoice('fake.perform', options)
    const counts = new Counts()
    const newest = with_recursion ? Infinity : (this.#recorder.jobs.at(-1)?.id ?? 0)
    /** @type {Set<Job>} */
    const performed = new Set()
    for (let job = this.#next(choice, newest); job; job = this.#next(choice, newest)) {
      if (counts.attempts >= limit) throw tooMany('fake.perform', limit, counts)
      performed.add(job)
      const { event, error } = await this.#perform(job, options)
      counts.add(job.worker, event)
      if (throws && error !== undefined) throw error
    }
    return { ...counts.events, jobs: [...performed] }
  }

  /** Forgets what was recorded. */
  clear() {
    this.#recorder.clear()
  }

  /**
   * Runs `fn`, whose enqueues are recorded here whatever holds around it, also after restore().
   * @template T
   * @param {() => T} fn
   * @returns {T}
   */
  run(fn) {
    if (typeof fn !== 'function') throw invalidOption('fake.run', 'a function', fn)
    return within({ recorder: this.#recorder }, fn)
  }

  /** Ends it: enqueues insert again. */
  restore() {
    deactivate(this.#recorder)
  }

  [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
    this.restore()
  }

  /** The job that is to run next. @param {Choice} choice @param {number} newest @returns {Job | undefined} */
  #next({ queues, workers, until }, newest) {
    const latest = until === 'infinity' ? Infinity : (until ?? Date.now())
    const runnable = this.#recorder.jobs.filter(
      (job) =>
        job.id <= newest &&
        (job.state === 'available' || ((job.state === 'scheduled' || job.state === 'retryable') && Number(job.scheduled_at) <= latest)) &&
        (queues?.includes(job.queue) ?? true) &&
        (workers?.includes(job.worker) ?? true),
    )
    return runnable.sort((a, b) => a.priority - b.priority || Number(a.scheduled_at) - Number(b.scheduled_at) || a.id - b.id)[0]
  }

  /**
   * @param {Job} job
   * @param {{ tx?: unknown, resolve?: any, setup?: unknown }} options
   */
  async #perform(job, { tx = job.tx ?? undefined, resolve, setup }) {
    const found = findWorker(job.worker)
    if (!found)
      throw new EramError('ERAM_JOB', `fake.perform: expected a registered class ${JSON.stringify(job.worker)}, got none of this name`)
    const { id, max_attempts, meta, tags, priority, queue, errors, scheduled_at } = job
    const [timeout, backoff] = [job.timeout ?? undefined, job.backoff ?? undefined]
    const attempt = job.attempt + 1
    const given = { id, attempt, max_attempts, meta, tags, priority, queue, errors, scheduled_at, timeout, backoff, tx, resolve, setup }
    const read = readPerformOptions(job.worker, { ...given, enqueue: 'real' })
    const done = await this.run(() => performWith(found, job.args, read))
    const now = new Date()
    const { state, result, error, delay, reason, event } = done
    const isPostponed = state === 'snoozed' || state === 'released'
    const became = state === 'snoozed' ? 'scheduled' : state === 'released' ? 'available' : state
    Object.assign(job, { state: became, result, attempted_at: now, attempt: isPostponed ? job.attempt : attempt })
    if (delay !== null) job.scheduled_at = new Date(now.getTime() + delay * 1000)
    if (FINAL[became]) job[FINAL[became]] = now
    if (done.entry) job.errors = [...job.errors, { attempt, at: now.toISOString(), ...done.entry }]
    const failure = error ?? new EramError('ERAM_JOB', `${job.worker}: expected it to complete, it was ${became}: ${reason ?? 'failed'}`)
    return { event, error: event === 'failure' || event === 'discard' ? failure : undefined }
  }
}
