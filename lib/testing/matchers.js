// Matchers for expect() of jest and vitest: expect.extend(matchers).

import { AssertionError } from 'node:assert'
import { isObject, shown } from '../shared/validate.js'
import { assertEnqueued, refuteEnqueued } from './assert.js'
import { differences } from './match.js'
import { Recorder } from './memory/recorder.js'
import { within } from './scope.js'
import { sourceOf } from './source.js'

/** @typedef {{ pass: boolean, message: () => string }} Result */
/** @typedef {Record<string, any>} Received */

export const matchers = {
  /**
   * @this {{ isNot?: boolean } | void}
   * @param {any} received  a test engine, an engine, a fake, what performJob() gave, or a transaction
   * @param {unknown} expected  a job class, or members of the job
   * @param {unknown} [args]
   * @returns {Promise<Result>}
   */
  async toHaveEnqueued(received, expected, args) {
    const isNot = Boolean(this?.isNot)
    const check = isNot ? refuteEnqueued : assertEnqueued
    const given = typeof expected === 'function' ? [args] : []
    try {
      await look(received, (/** @type {object} */ place) => check(expected, ...given, place))
      return { pass: !isNot, message: () => '' }
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error
      return { pass: isNot, message: () => error.message }
    }
  },
  toHaveCompleted: became('toHaveCompleted', 'completed'),
  toBeDiscarded: became('toBeDiscarded', 'discarded'),
  toBeCancelled: became('toBeCancelled', 'cancelled'),
  toBeRetried: became('toBeRetried', 'retryable'),
  toBeSnoozed: became('toBeSnoozed', 'snoozed'),
}

/**
 * @param {any} received
 * @param {(place: object) => Promise<unknown>} fn
 */
function look(received, fn) {
  if (typeof received?.restore === 'function' && typeof received.run === 'function') return received.run(() => fn({}))
  if (Array.isArray(received?.enqueued)) {
    const recorder = new Recorder(false)
    recorder.jobs = received.enqueued
    return within({ recorder }, () => fn({}))
  }
  if (isObject(received?.engine) && received.clock) return fn({ engine: received.engine.name, tx: null })
  if (typeof received?.node === 'string' && typeof received.prefix === 'string') return fn({ engine: received.name, tx: null })
  return fn({ tx: received })
}

/**
 * A matcher of what became of a job or of an attempt.
 * @param {string} name
 * @param {string} state
 */
function became(name, state) {
  return async (/** @type {any} */ received, /** @type {{ delay?: unknown, reason?: unknown }} */ expected = {}) => {
    if (!isObject(received) || typeof (/** @type {Received} */ (received).state) !== 'string') {
      const message = `${name}: expected a job, or what performJob() gave, got ${shown(received)}`
      return { pass: false, message: () => message }
    }
    const job = await newest(/** @type {Received} */ (received))
    const got = { ...job, state: stateOf(job), delay: delayOf(job) }
    const wrong = Object.entries({ state, ...expected }).flatMap(([key, value]) =>
      differences(value, /** @type {Received} */ (got)[key], key),
    )
    const subject = job.worker === undefined ? 'an attempt' : `#${job.id} ${job.worker}`
    const failed = wrong.map(({ path, expected, got }) => `${path}: expected ${expected}, got ${got}`).join('; ')
    const error = job.error?.message ?? job.errors?.at(-1)?.message
    const because = error === undefined ? '' : ` (${error})`
    const message =
      wrong.length > 0 ? `${name}: ${subject}: ${failed}${because}` : `${name}: ${subject}: expected another state than ${state}`
    return { pass: wrong.length === 0, message: () => message }
  }
}

/** The job as it is now: the row that an enqueue returned is from before. @param {Received} job @returns {Promise<Received>} */
async function newest(job) {
  if (typeof job.id !== 'number') return job
  try {
    const [row] = await sourceOf({}, 'expect').run('find', { ids: [job.id] })
    return row ?? job
  } catch {
    // Nothing to ask: no engine, no transaction.
    return job
  }
}

/** @param {Received} job */
function stateOf({ state, meta, attempt, errors }) {
  return state === 'scheduled' && (meta?.snoozed > 0 || (attempt === 0 && errors?.length > 0)) ? 'snoozed' : state
}

/** Seconds from the attempt to the next. @param {Received} job */
function delayOf({ delay, state, scheduled_at, attempted_at }) {
  if (delay !== undefined || (state !== 'retryable' && state !== 'scheduled') || !attempted_at) return delay ?? null
  return Math.round((Number(new Date(scheduled_at)) - Number(new Date(attempted_at))) / 1000)
}
