// Jobs with `transaction: true`: the writes of perform, its enqueues and the job's own ack commit together or not at all. The
// ack is the last statement and is fenced by the claim: a node that has lost the claim meanwhile rolls back.
//
//   BEGIN ── perform ─┬─ returned ── ack, if the claim still holds ── COMMIT ── the engine is notified, and checks the row
//                     └─ threw ── ROLLBACK ── the engine writes the failure

import { outcomeOf } from '../job/index.js'
import { EramError } from '../shared/errors.js'
import { clearTimeout, setTimeout } from '../shared/timers.js'
import { invalid, isObject } from '../shared/validate.js'
import { ATTEMPT, ID, RUN, TIMEOUT } from './columns.js'
import { abort, abortedOf, adoptedOf, setTransaction } from './context.js'

/** @import { TransactionOptions } from '../drivers/open.js' */
/** @import { Attempt, RunnerDeps } from './runner.js' */
/** @import { OutcomeHandler } from './settle.js' */

const ISOLATION_LEVELS = ['read committed', 'repeatable read', 'serializable']

/**
 * Resolves with what perform returned, once the transaction has committed.
 * @param {Attempt} attempt
 * @param {() => unknown} perform
 * @param {Pick<RunnerDeps, 'transaction' | 'prepareAck'>} deps
 * @param {OutcomeHandler} handler
 * @returns {Promise<unknown>}
 */
export async function performInTransaction(attempt, perform, deps, handler) {
  const { ctx, row, jobClass } = attempt
  const given = jobClass.transaction === true ? {} : /** @type {TransactionOptions} */ (jobClass.transaction)
  const options = { isolation: given.isolation, timeout: given.timeout ?? (row[TIMEOUT] || null) }
  // The engine watches the job's own timeout.
  const timer = given.timeout ? setTimeout(() => abort(ctx, 'timeout', timeoutMessage(given.timeout)), given.timeout) : undefined
  let value
  try {
    await deps.transaction(async (tx, ack) => {
      setTransaction(ctx, tx)
      value = await perform()
      const adopted = adoptedOf(ctx)
      if (adopted?.running) {
        const exit = await adopted.ended
        value ??= exit
      }
      // A requested retry is a failure, and the writes of a failed attempt are rolled back.
      if (outcomeOf(value) === 'retry') throw value
      if (timer && abortedOf(ctx)?.code === 'timeout') throw ctx.signal.reason
      const text = await deps.prepareAck(handler.detail(attempt, value))
      if (text === null || (await ack(text)) === 'lost') throw claimLost(row)
    }, options)
  } finally {
    clearTimeout(timer)
  }
  return value
}

/**
 * Checks the options of ctx.transaction().
 * @param {unknown} options
 * @returns {TransactionOptions}
 */
export function checkOptions(options) {
  if (!isObject(options)) throw invalidOption('options', 'an object with isolation and timeout', options)
  const { isolation, timeout, ...rest } = /** @type {Record<string, unknown>} */ (options)
  for (const [key, value] of Object.entries(rest))
    if (value !== undefined) throw invalidOption('options', 'only isolation and timeout', key)
  if (isolation !== undefined && !ISOLATION_LEVELS.includes(/** @type {string} */ (isolation))) {
    throw invalidOption('isolation', `one of ${ISOLATION_LEVELS.map((level) => JSON.stringify(level)).join(', ')}`, isolation)
  }
  if (timeout !== undefined && !(Number.isInteger(timeout) && Number(timeout) > 0)) {
    throw invalidOption('timeout', 'milliseconds, a positive integer', timeout)
  }
  return /** @type {TransactionOptions} */ ({ isolation, timeout })
}

/** @param {string} subject @param {string} expected @param {unknown} got */
function invalidOption(subject, expected, got) {
  return invalid('ERAM_JOB', `ctx.transaction: ${subject}`, expected, got)
}

/** @param {number | null | undefined} ms */
function timeoutMessage(ms) {
  return `transaction: expected to end within ${ms} ms`
}

/** @param {any[]} row */
function claimLost(row) {
  return new EramError(
    'ERAM_CLAIM_LOST',
    `transaction: expected this run to hold the claim on job ${row[ID]}, got one that was given up meanwhile (attempt ${row[ATTEMPT]}, run ${row[RUN]}); rolled back`,
  )
}
