// engine.waitFor(): the caller waits for the end of a job, and may give up. The addon does the rest.

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
 * @param {EngineHost} engine
 * @param {Options} options
 */
export async function waitFor(engine, { job, timeout, signal, ...rest }) {
  for (const [key, value] of Object.entries(rest)) if (value !== undefined) throw invalidOption('waitFor', 'timeout or signal', key)
  if (signal !== undefined && !isSignal(signal)) throw invalidOption('waitFor: signal', 'an AbortSignal', signal)
  signal?.throwIfAborted()
  const key = randomUUID()
  const ended = engine.call('jobs', 'wait', toJson({ id: readId(job, 'waitFor'), timeout, key }, 'waitFor', 'ERAM_CONFIG'))
  return signal ? unlessAborted(ended, signal, () => engine.call('jobs', 'abandon', toJson({ key }, 'waitFor'))) : ended
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
