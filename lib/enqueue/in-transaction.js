// The transaction that an enqueue, a message or the ack of a job joins.

import { runningEngine } from '../shared/global-state.js'
import { callFunction, resolveExecutor, schemaName, statementOf, unexpectedAnswer } from '../transactions/index.js'
import { currentScope } from './transaction-scope.js'

/** @import { RunningEngine } from '../shared/global-state.js' */
/** @import { Executor } from '../transactions/resolve.js' */
/** @import { EnqueueTarget } from '../job/draft.js' */

/** @typedef {{ tx: unknown, executor: Executor, prefix: string, engine: RunningEngine | undefined }} Transaction */

/**
 * The transaction to join: the given one, else that of the current scope; undefined for none.
 * @param {EnqueueTarget} target
 * @returns {Transaction | undefined}
 */
export function transactionOf({ tx, engine, prefix }) {
  if (tx === null) return undefined
  const scope = tx === undefined ? currentScope() : undefined
  if (tx === undefined && !scope) return undefined
  const running = runningEngine(engine ?? scope?.engine)
  return {
    tx: scope ? scope.tx : tx,
    executor: scope?.executor ?? resolveExecutor(scope ? scope.tx : tx),
    prefix: schemaName(prefix ?? scope?.prefix) ?? running?.prefix ?? 'public',
    engine: running,
  }
}

/**
 * Writes the ack of a job as the last statement of its own transaction; resolves to the job's new state, or 'lost'.
 * @param {Executor} executor
 * @param {string} prefix
 * @param {string} text  as the addon prepared it
 * @returns {Promise<string>}
 */
export async function ackIn(executor, prefix, text) {
  const rows = await executor.query(statementOf(prefix, 'ack_job'), [text])
  const state = rows[0]?.eram
  if (typeof state === 'string') return state
  throw unexpectedAnswer(executor, state)
}

/**
 * Sends a message to all nodes when the transaction commits.
 * @param {Transaction} transaction
 * @param {string} message
 */
export async function notifyIn(transaction, message) {
  await callFunction(transaction, 'notify', message)
}
