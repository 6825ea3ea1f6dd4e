// The levels of log lines, and the memory that tells job threads which lines are wanted.

import { EVENT_FLAGS } from './kinds.js'

/** @typedef {'debug' | 'info' | 'warn' | 'error'} LogLevel */

/** From the least severe to the most. */
export const LEVELS = /** @type {const} */ (['debug', 'info', 'warn', 'error'])

/** @param {LogLevel} level @returns {number} from 1 */
export function rankOf(level) {
  return LEVELS.indexOf(level) + 1
}

/**
 * Whether a local event of an isolate has a listener, by its flag: 0 for none, else the least rank that is wanted.
 * @param {Int32Array} flags
 * @param {string} kind
 * @param {LogLevel} [level]
 */
export function isWanted(flags, kind, level = 'error') {
  const least = Atomics.load(flags, EVENT_FLAGS.indexOf(kind))
  return least !== 0 && rankOf(level) >= least
}
