// What a job may throw or return to choose its outcome. Recognized by brand and not by instanceof, because a job file may load
// the CommonJS bundle while its thread loaded the ES module.

import { setErrorName } from '../shared/errors.js'
import { invalid, optionsOf } from '../shared/validate.js'

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
  constructor(options = {}) {
    const { after, reason = 'the job asked to be retried', ...rest } = optionsOf(options, 'RetryJob', 'ERAM_JOB')
    super(checkReason('RetryJob', reason), rest)
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
 * The outcome that a thrown or returned value stands for; undefined for any other value.
 * @param {unknown} value
 * @returns {OutcomeKind | undefined}
 */
export function outcomeOf(value) {
  if (typeof value !== 'object' || value === null) return undefined
  try {
    return /** @type {{ [OUTCOME]?: OutcomeKind }} */ (value)[OUTCOME]
  } catch {
    // A proxy or getter that throws is an ordinary value.
    return undefined
  }
}

/**
 * @param {string} subject
 * @param {unknown} seconds
 * @returns {number}
 */
function checkSeconds(subject, seconds) {
  if (typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0) return seconds
  throw invalid('ERAM_JOB', subject, 'seconds of 0 or more', seconds)
}

/**
 * @param {string} subject
 * @param {unknown} reason
 * @returns {string}
 */
function checkReason(subject, reason) {
  if (typeof reason === 'string') return reason
  throw invalid('ERAM_JOB', subject, 'a reason that is a string', reason)
}

/** @param {Function} type @param {string} name @param {OutcomeKind} kind */
function brand(type, name, kind) {
  setErrorName(type, name)
  Object.defineProperty(type.prototype, OUTCOME, { value: kind })
  // So that `instanceof` holds between the ES module and the CommonJS bundle.
  Object.defineProperty(type, Symbol.hasInstance, {
    /** @this {unknown} @param {unknown} value */
    value(value) {
      return this === type ? outcomeOf(value) === kind : Function.prototype[Symbol.hasInstance].call(this, value)
    },
  })
}
