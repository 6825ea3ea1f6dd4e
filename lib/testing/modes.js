// Which mode holds for the calling code: that of withTestingMode() around it, else that of the engine.

import { AsyncLocalStorage } from 'node:async_hooks'
import { runningEngine, state } from '../shared/global-state.js'
import { invalidOption } from '../shared/validate.js'
import { performInline } from './inline.js'

/** @typedef {'manual' | 'inline' | 'off'} Mode */

const MODES = ['manual', 'inline', 'off']

/** @type {AsyncLocalStorage<{ mode: Mode }>} */
const scopes = new AsyncLocalStorage()

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
  return scopes.run({ mode }, fn)
}

state.intercept = (draft, target) => {
  const mode = scopes.getStore()?.mode ?? runningEngine(/** @type {any} */ (target).engine)?.testing
  return mode === 'inline' ? performInline(draft, target) : undefined
}
