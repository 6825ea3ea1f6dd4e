// withTestingMode(): the mode of a scope.

import { invalidOption } from '../shared/validate.js'
import { within } from './scope.js'

/** @import { Mode } from './scope.js' */

const MODES = ['manual', 'inline', 'off']

/**
 * Runs `fn`; jobs that it enqueues are performed at once ('inline') or inserted ('manual', 'off').
 * @template T
 * @param {Mode} mode
 * @param {() => T} fn
 * @returns {T}
 */
export function withTestingMode(mode, fn) {
  if (!MODES.includes(mode)) throw invalidOption('withTestingMode', "'manual', 'inline' or 'off'", mode)
  if (typeof fn !== 'function') throw invalidOption('withTestingMode', 'a function as the second argument', fn)
  return within({ mode }, fn)
}
