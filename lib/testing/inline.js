// Mode inline: a job is performed in the call that enqueues it, and not stored. In a transaction it runs inside that.

import { AsyncLocalStorage } from 'node:async_hooks'
import { enqueue, transactionOf, withTransaction } from '../enqueue/index.js'
import { EramError } from '../shared/errors.js'
import { runningEngine, state } from '../shared/global-state.js'
import { attempt } from './attempt.js'
import { judge } from './judge.js'
import { draftJob } from './memory/draft-job.js'
import { inSavepoint } from './savepoint.js'

/** The classes that are being performed around the calling code. @type {AsyncLocalStorage<string[]>} */
const chains = new AsyncLocalStorage()
const MAX_DEPTH = 50

/**
 * Performs a draft; resolves to its row, as an insert would return it, with the state and the result of the job.
 * @param {string} text  of the draft
 * @param {{ tx?: unknown, engine?: unknown, prefix?: unknown }} target
 */
export async function performInline(text, target) {
  const job = claimedJob(text)
  const chain = [...(chains.getStore() ?? []), job.worker]
  if (chain.length > MAX_DEPTH) {
    throw new EramError(
      'ERAM_JOB',
      `inline: expected at most ${MAX_DEPTH} jobs within each other, got more: ${chain.slice(-6).join(' → ')}`,
    )
  }
  const transaction = transactionOf(target)
  const engine = transaction?.engine ?? runningEngine(target.engine)
  const services = engine && state.services.get(engine.name)?.deps
  const written = async () => 'completed'
  /** @type {any} */
  const deps = {
    ...services,
    enqueue: (/** @type {any} */ worker, /** @type {unknown} */ args, /** @type {any} */ options) =>
      enqueue(worker, args, engine ? { ...options, engine: options?.engine ?? engine.name } : options),
    transaction: (/** @type {any} */ perform, /** @type {any} */ options) => {
      if (transaction) return inSavepoint(transaction.executor, 'eram_job', () => perform(transaction.tx, written), true)
      if (services) return services.transaction((/** @type {unknown} */ tx) => perform(tx, written), options)
      throw new EramError('ERAM_DRIVER', 'transaction: true: expected { tx }, or an engine with a driver, got neither')
    },
    prepareAck: (/** @type {string} */ detail) => detail,
  }
  const performed = () => chains.run(chain, () => attempt(job, deps))
  const inside = { executor: transaction?.executor, prefix: transaction?.prefix, engine: engine?.name }
  const done = transaction ? await withTransaction(transaction.tx, performed, /** @type {any} */ (inside)) : await performed()
  const { detail, error } = done
  const { state: became, event } = judge(/** @type {any} */ (job), detail)
  if (event === 'failure' || (event === 'discard' && error !== undefined))
    throw error ?? new EramError('ERAM_JOB', `${job.worker}: expected it to complete, it failed`)
  const { result = null } = JSON.parse(detail)
  return { ...job, state: became, result, conflict: false }
}

/** The job of a draft, as a claim returns it. @param {string} text @returns {Record<string, any>} */
function claimedJob(text) {
  const at = Date.now()
  const attempted = { attempt: 1, attempted_by: ['eramjs/testing', '00000000-0000-0000-0000-000000000000'] }
  const times = { inserted_at: at, scheduled_at: at, attempted_at: at, claimed_at: at * 1000 }
  return { ...draftJob(text), ...attempted, ...times }
}
