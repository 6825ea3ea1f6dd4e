// The options of a job or of its class as JSON text. Plain JavaScript, without modules of Node.

import { EramError } from './errors.js'
import { toJson } from './json.js'

/** Options that are stored with a job and for which a queue may have defaults, as in src/model/draft/defaults.rs. */
export const STORED_DEFAULTS = /** @type {const} */ (['priority', 'max_attempts'])

/** Levels of nesting, below the limit of the engine, which parses them. */
const MAX_LEVELS = 100

/**
 * @param {Record<string, unknown>} options
 * @param {string} name  of the worker
 * @returns {string}
 */
export function optionsToJson(options, name) {
  return toJson(jobOptions(options, name), name, 'ERAM_JOB', MAX_LEVELS)
}

/**
 * Replaces values that JSON cannot represent.
 * @param {Record<string, unknown>} options
 * @param {string} name
 * @returns {Record<string, unknown>}
 */
export function jobOptions(options, name) {
  if (typeof options.backoff === 'function') {
    throw new EramError(
      'ERAM_JOB',
      `${name}.backoff: expected "oban", "exp", "none" or an object, got a function; make it a method of the class: backoff(attempt, error) { … }`,
    )
  }
  const { unique } = options
  if (typeof unique === 'object' && unique !== null && 'period' in unique && unique.period === Infinity) {
    return { ...options, unique: { ...unique, period: 'infinity' } }
  }
  return options
}
