// engine.waitFor() and engine.jobs.wait(): the caller waits for a job, and may give up. The addon does the rest.

import { randomUUID } from 'node:crypto'
import { toJson } from '../shared/json.js'
import { invalidOption, isRecord } from '../shared/validate.js'
import { readId } from './job-filter.js'

/** @import { EngineHost, Options } from './operation.js' */

/**
 * The options of engine.waitFor().
 * @param {unknown} job  its id, or an object with it
 * @param {unknown} [options]
 * @returns {Options}
 */
export function readWait(job, options = {}) {
  if (!isRecord(options)) throw invalidOption('waitFor', 'an object of options', options)
  return { ...options, job: isRecord(job) ? job.id : job }
}

/**
 * The options of engine.jobs.wait().
 * @param {unknown} id
 * @param {unknown} [options]
 * @returns {Options}
 */
export function readJobsWait(id, options = {}) {
  if (!isRecord(options)) throw invalidOption('jobs.wait', 'an object of options', options)
  return { ...options, id }
}

/**
 * @param {EngineHost} engine
 * @param {Options} options
 */
export async function waitFor(engine, { job, timeout, signal, ...rest }) {
  refuse(rest, 'waitFor', 'timeout or signal')
  return wait(engine, 'waitFor', { id: job, timeout }, signal)
}

/** Milliseconds. */
export const WAIT_TIMEOUT = 30_000

/**
 * @param {EngineHost} engine
 * @param {Options} options
 */
export async function waitForState(engine, { id, state = 'final', timeout = WAIT_TIMEOUT, signal, ...rest }) {
  refuse(rest, 'jobs.wait', 'state, timeout or signal')
  return wait(engine, 'jobs.wait', { id, state: String(state), timeout }, signal)
}

/**
 * @param {Record<string, unknown>} others
 * @param {string} subject
 * @param {string} known
 */
function refuse(others, subject, known) {
  for (const [key, value] of Object.entries(others)) if (value !== undefined) throw invalidOption(subject, known, key)
}

/**
 * @param {EngineHost} engine
 * @param {string} subject
 * @param {{ id: unknown, state?: string, timeout: unknown }} options
 * @param {unknown} signal
 */
async function wait(engine, subject, { id, ...options }, signal) {
  if (signal !== undefined && !isSignal(signal)) throw invalidOption(`${subject}: signal`, 'an AbortSignal', signal)
  signal?.throwIfAborted()
  const key = randomUUID()
  const ended = engine.call('jobs', 'wait', toJson({ id: readId(id, subject), ...options, key, subject }, subject, 'ERAM_CONFIG'))
  return signal ? unlessAborted(ended, signal, () => engine.call('jobs', 'abandon', toJson({ key }, subject))) : ended
}

/** By its shape, as test runners have realms of their own. @param {unknown} value @returns {value is AbortSignal} */
function isSignal(value) {
  return isRecord(value) && typeof value.aborted === 'boolean' && typeof value.addEventListener === 'function'
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} signal
 * @param {() => Promise<unknown>} abandon  ends what the promise waits for
 * @returns {Promise<T>} rejects with the signal's reason once that is aborted
 */
function unlessAborted(promise, signal, abandon) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason)
      // An engine that has stopped waits for nothing.
      abandon().catch(() => {})
    }
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
