// Jobs with `transaction: true`: what perform writes, what it enqueues and the job's own outcome commit together, or nothing of
// it. The outcome is the last statement, fenced by the claim: a node that was given up meanwhile rolls back.
//
//   BEGIN ── perform ─┬─ returned ── outcome, if the claim still holds ── COMMIT ── the engine is told, and looks
//                     └─ threw ── ROLLBACK ── the engine writes the failure

import { outcomeOf } from '../job/outcomes.js'
import { EramError, shown } from '../shared/errors.js'
import { ATTEMPT, ID, RUN, TIMEOUT } from './columns.js'
import { abort, abortedOf, adoptedOf, enterTransaction } from './context.js'

/** @import { Endings } from './settle.js' */
/** @import { Attempt, Surroundings } from './runner.js' */

/** @typedef {'read committed' | 'repeatable read' | 'serializable'} Isolation */
/** @typedef {{ isolation?: Isolation | null, timeout?: number | null }} TransactionOptions  timeout in milliseconds */

const LEVELS = ['read committed', 'repeatable read', 'serializable']

/**
 * Resolves with what perform returned, when the transaction has committed.
 * @param {Attempt} attempt
 * @param {(ctx: unknown) => unknown} perform
 * @param {Pick<Surroundings, 'transaction' | 'settlement'>} at
 * @param {Endings} endings
 * @returns {Promise<unknown>}
 */
export async function performInTransaction(attempt, perform, at, endings) {
  const { ctx, row, performer } = attempt
  const given = performer.transaction === true ? {} : /** @type {TransactionOptions} */ (performer.transaction)
  const options = { isolation: given.isolation, timeout: given.timeout ?? (row[TIMEOUT] || null) }
  // The job's own timeout is the engine's to keep.
  const timer = given.timeout ? setTimeout(() => abort(ctx, 'timeout', late(given.timeout)), given.timeout) : undefined
  let value
  try {
    await at.transaction(async (tx, settle) => {
      enterTransaction(ctx, tx)
      value = await perform(ctx)
      const adopted = adoptedOf(ctx)
      if (adopted?.running) {
        const ended = await adopted.ended
        value ??= ended
      }
      // A wish to be retried is a failure, and what a failure wrote is undone.
      if (outcomeOf(value) === 'retry') throw value
      if (timer && abortedOf(ctx)?.code === 'timeout') throw ctx.signal.reason
      const text = await at.settlement(endings.detail(attempt, value))
      if (text === null || (await settle(text)) === 'lost') throw lost(row)
    }, options)
  } finally {
    clearTimeout(timer)
  }
  return value
}

/**
 * The options of ctx.transaction().
 * @param {unknown} options
 * @returns {TransactionOptions}
 */
export function checkOptions(options) {
  if (typeof options !== 'object' || options === null) throw refusal('options', 'an object with isolation and timeout', options)
  const { isolation, timeout, ...rest } = /** @type {Record<string, unknown>} */ (options)
  for (const key of Object.keys(rest)) throw refusal('options', 'only isolation and timeout', key)
  if (isolation !== undefined && !LEVELS.includes(/** @type {string} */ (isolation))) {
    throw refusal('isolation', `one of ${LEVELS.map((level) => JSON.stringify(level)).join(', ')}`, isolation)
  }
  if (timeout !== undefined && !(Number.isInteger(timeout) && Number(timeout) > 0)) {
    throw refusal('timeout', 'milliseconds, a positive integer', timeout)
  }
  return /** @type {TransactionOptions} */ ({ isolation, timeout })
}

/** @param {string} subject @param {string} expected @param {unknown} got */
function refusal(subject, expected, got) {
  return new EramError('ERAM_JOB', `ctx.transaction: ${subject}: expected ${expected}, got ${shown(got)}`)
}

/** @param {number | null | undefined} ms */
function late(ms) {
  return `transaction: expected to end within ${ms} ms`
}

/** @param {any[]} row */
function lost(row) {
  return new EramError(
    'ERAM_CONFLICT',
    `transaction: expected job ${row[ID]} to be this run's still, got one that was given up meanwhile (attempt ${row[ATTEMPT]}, run ${row[RUN]}); rolled back`,
  )
}
