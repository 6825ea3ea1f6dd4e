// Where the testing kit looks and writes: a fake, the transaction that an enqueue would join, else the connections of an engine.

import { native } from '../addon/index.js'
import { transactionOf } from '../enqueue/index.js'
import { EramError, translated } from '../shared/errors.js'
import { runningEngine } from '../shared/global-state.js'
import { currentRecorder } from './scope.js'

/** @import { Transaction } from '../enqueue/in-transaction.js' */
/** @import { RunningEngine } from '../shared/global-state.js' */

/** @typedef {{ tx?: unknown, engine?: unknown, prefix?: unknown }} Place */

/**
 * @typedef {object} Source
 * @property {string} prefix
 * @property {RunningEngine | undefined} engine
 * @property {Transaction | undefined} transaction
 * @property {boolean} recorded  it is a fake, which has no statements but `find`
 * @property {(statement: string, request: object) => Promise<any>} run  a statement of the kit; its answer, parsed if it is JSON
 */

/**
 * @param {Place} place
 * @param {string} subject  of errors
 * @returns {Source}
 */
export function sourceOf({ tx, engine, prefix }, subject) {
  const recorder = currentRecorder()
  if (recorder) {
    const run = async (/** @type {string} */ _, /** @type {object} */ request) => recorder.find({ ...request, tx })
    return { prefix: '', engine: undefined, transaction: undefined, recorded: true, run }
  }
  const transaction = transactionOf({ tx, engine, prefix })
  if (transaction) {
    const { executor, prefix } = transaction
    return {
      prefix,
      engine: transaction.engine,
      transaction,
      recorded: false,
      async run(statement, request) {
        const rows = await executor.query(native().testingSql(statement, prefix), [JSON.stringify(request)])
        return parsed(rows[0]?.eram)
      },
    }
  }
  const running = runningEngine(engine)
  if (!running) {
    throw new EramError(
      'ERAM_NOT_RUNNING',
      `${subject}: expected a running engine, got none; await startTestEngine() first, or pass { tx }`,
    )
  }
  if (prefix !== undefined && prefix !== running.prefix) {
    throw new EramError(
      'ERAM_CONFIG',
      `${subject}: prefix: expected ${JSON.stringify(running.prefix)}, that of the engine, got ${JSON.stringify(prefix)}`,
    )
  }
  return {
    prefix: running.prefix,
    engine: running,
    transaction: undefined,
    recorded: false,
    run: async (statement, request) => parsed(await translated(native().testing(running.id, statement, JSON.stringify(request)))),
  }
}

/** @param {unknown} text */
function parsed(text) {
  return typeof text === 'string' && /^[[{]/.test(text) ? JSON.parse(text) : text
}
