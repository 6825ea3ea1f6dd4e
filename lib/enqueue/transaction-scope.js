// The transaction that enqueue() joins without `tx`: set by withTransaction() and by jobs with `transaction: true`, never
// guessed. It is revoked when the callback ends, so that an enqueue that was not awaited fails instead of leaving the transaction.

import { EramError } from '../shared/errors.js'
import { state } from '../shared/global-state.js'
import { invalid } from '../shared/validate.js'
import { resolveExecutor } from '../transactions/index.js'

/** @import { Executor } from '../transactions/resolve.js' */

/**
 * @typedef {object} TransactionScope
 * @property {unknown} tx  null: explicitly none
 * @property {boolean} open
 * @property {string} [engine]
 * @property {string} [prefix]
 * @property {Executor} [executor]
 */

/**
 * Runs `fn`; enqueues inside it join the transaction `tx`, or none if it is null.
 * @template T
 * @param {unknown} tx
 * @param {() => T | Promise<T>} fn
 * @param {{ engine?: string, prefix?: string, executor?: Executor }} [options]
 * @returns {Promise<T>}
 */
export async function withTransaction(tx, fn, options = {}) {
  if (typeof fn !== 'function') throw invalid('ERAM_JOB', 'withTransaction', 'a function as the second argument', fn)
  // Checked before fn has any effect.
  if (tx !== null && !options.executor && !state.testing?.takesAnyTransaction()) resolveExecutor(tx)
  /** @type {TransactionScope} */
  const scope = { ...options, tx, open: true }
  const close = state.testing?.openScope()
  try {
    return await state.transactionScope.run(scope, fn)
  } finally {
    scope.open = false
    close?.()
  }
}

/**
 * The scope of the calling code, if it is in one.
 * @returns {TransactionScope | undefined}
 */
export function currentScope() {
  const scope = state.transactionScope.getStore()
  if (!scope || scope.tx === null) return undefined
  if (scope.open) return scope
  throw new EramError(
    'ERAM_NOT_IN_TRANSACTION',
    'enqueue: expected the transaction of withTransaction() to be open, it has ended; await enqueue() inside, or pass { tx: null }',
  )
}

/**
 * Runs `fn` outside any scope: for callbacks that outlive the call that creates them, because Node runs them in its context.
 * @template T
 * @param {() => T} fn
 * @returns {T}
 */
export function detached(fn) {
  return state.transactionScope.run(/** @type {any} */ (undefined), fn)
}
