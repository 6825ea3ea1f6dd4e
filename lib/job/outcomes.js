// What a job may throw to choose its outcome. Recognised by brand and not by instanceof, so that a job file that loaded the
// CommonJS bundle and a thread that loaded the ES module understand each other.

import { EramError, shown } from '../shared/errors.js'

const OUTCOME = Symbol.for('eram.outcome')

/** @typedef {'cancelled' | 'discarded' | 'snoozed' | 'retry'} OutcomeKind */

export class CancelJob extends Error {
  /** @param {string} [reason] @param {{ cause?: unknown }} [options] */
  constructor(reason = 'cancelled by the job', options) {
    super(checkReason('CancelJob', reason), options)
    this.reason = reason
  }
}

export class DiscardJob extends Error {
  /** @param {string} [reason] @param {{ cause?: unknown }} [options] */
  constructor(reason = 'discarded by the job', options) {
    super(checkReason('DiscardJob', reason), options)
    this.reason = reason
  }
}

export class SnoozeJob extends Error {
  /** @param {number} seconds */
  constructor(seconds) {
    super(`snoozed for ${checkSeconds('SnoozeJob', seconds)} seconds`)
    this.seconds = seconds
  }
}

export class RetryJob extends Error {
  /** @param {{ after?: number, reason?: string, cause?: unknown }} [options] */
  constructor({ after, reason = 'the job asked to be retried', ...options } = {}) {
    super(checkReason('RetryJob', reason), options)
    this.reason = reason
    /** @type {number | undefined} */
    this.after = after === undefined ? undefined : checkSeconds('RetryJob.after', after)
  }
}

brand(CancelJob, 'CancelJob', 'cancelled')
brand(DiscardJob, 'DiscardJob', 'discarded')
brand(SnoozeJob, 'SnoozeJob', 'snoozed')
brand(RetryJob, 'RetryJob', 'retry')

/**
 * Which outcome a thrown value stands for; undefined for an ordinary failure.
 * @param {unknown} thrown
 * @returns {OutcomeKind | undefined}
 */
export function outcomeOf(thrown) {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  try {
    return /** @type {{ [OUTCOME]?: OutcomeKind }} */ (thrown)[OUTCOME]
  } catch {
    // A proxy or getter of the user's that throws is an ordinary failure.
    return undefined
  }
}

/**
 * @param {string} subject
 * @param {unknown} seconds
 * @returns {number}
 */
export function checkSeconds(subject, seconds) {
  if (typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0) return seconds
  throw new EramError('ERAM_JOB', `${subject}: expected seconds of 0 or more, got ${shown(seconds)}`)
}

/**
 * @param {string} subject
 * @param {unknown} reason
 * @returns {string}
 */
export function checkReason(subject, reason) {
  if (typeof reason === 'string') return reason
  throw new EramError('ERAM_JOB', `${subject}: expected a reason that is a string, got ${shown(reason)}`)
}

/** @param {Function} type @param {string} name said again, because minifiers rename classes @param {OutcomeKind} kind */
function brand(type, name, kind) {
  Object.defineProperties(type.prototype, {
    name: { value: name, writable: true, configurable: true },
    [OUTCOME]: { value: kind },
  })
  // So that `instanceof` holds across the two builds.
  Object.defineProperty(type, Symbol.hasInstance, {
    /** @this {unknown} @param {unknown} value */
    value(value) {
      return this === type ? outcomeOf(value) === kind : Function.prototype[Symbol.hasInstance].call(this, value)
    },
  })
}
