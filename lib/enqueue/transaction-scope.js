// The transaction that enqueue() joins without being told: set by withTransaction and by jobs with `transaction: true`,
// never guessed. It is revoked when the callback ends, so that a forgotten await fails instead of escaping the transaction.

import { resolveExecutor } from '../drivers/index.js'
import { EramError, shown } from '../shared/errors.js'
import { state } from '../shared/global-state.js'

/** @import { Executor } from '../drivers/index.js' */

/**
 * @typedef {object} Scope
 * @property {unknown} tx null: explicitly none
 * @property {boolean} open
 * @property {string} [engine]
 * @property {string} [prefix]
 * @property {Executor} [executor]
 */

/**
 * Runs `fn` with `tx` as the transaction that enqueues inside it join; with null, none.
 * @template T
 * @param {unknown} tx
 * @param {() => T | Promise<T>} fn
 * @param {{ engine?: string, prefix?: string, executor?: Executor }} [options]
 * @returns {Promise<T>}
 */
export async function withTransaction(tx, fn, options = {}) {
  if (typeof fn !== 'function') {
    throw new EramError('ERAM_JOB', `withTransaction: expected a function as the second argument, got ${shown(fn)}`)
  }
  // Refused before fn has done anything.
  if (tx !== null && !options.executor) resolveExecutor(tx)
  /** @type {Scope} */
  const scope = { ...options, tx, open: true }
  try {
    return await state.ambient.run(scope, fn)
  } finally {
    scope.open = false
  }
}

/**
 * The transaction that this code runs in, if any.
 * @returns {Scope | undefined}
 */
export function ambient() {
  const scope = state.ambient.getStore()
  if (!scope || scope.tx === null) return undefined
  if (scope.open) return scope
  throw new EramError(
    'ERAM_NOT_IN_TRANSACTION',
    'enqueue: expected the transaction of withTransaction() to be open, it has ended; await enqueue() inside, or pass { tx: null }',
  )
}

/**
 * Runs `fn` with no transaction around it: for callbacks that outlive the call that set them up, because Node hands the
 * surroundings of their making to each of their calls.
 * @template T
 * @param {() => T} fn
 * @returns {T}
 */
export function detached(fn) {
  return state.ambient.run(/** @type {any} */ (undefined), fn)
}
