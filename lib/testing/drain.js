// drain(): runs every job that can run, one at a time, in this isolate; with a transaction, all of it inside.

import { randomUUID } from 'node:crypto'
import { ackIn, enqueue, withTransaction } from '../enqueue/index.js'
import { EramError } from '../shared/errors.js'
import { state } from '../shared/global-state.js'
import { jobWithDates } from '../shared/job-row.js'
import { attempt } from './attempt.js'
import { drainLive } from './drain-live.js'
import { Counts, checkDrainOptions, readChoice, tooMany } from './drain-options.js'
import { judge } from './judge.js'
import { inSavepoint } from './savepoint.js'
import { sourceOf } from './source.js'

/** @import { Job } from './expected.js' */
/** @import { DrainOptions } from './drain-options.js' */
/** @import { Source } from './source.js' */

const NODE = 'eramjs/testing'
const KEYS = ['tx', 'engine', 'prefix', 'queue', 'only', 'with_scheduled', 'with_recursion', 'limit', 'throws']

/**
 * Runs every job that can run; resolves to counts of attempts, and the jobs.
 * @param {DrainOptions} [options]
 */
export async function drain(options = {}) {
  const { limit, with_recursion, throws } = checkDrainOptions('drain', options, KEYS)
  const { tx, engine, prefix } = options
  const source = sourceOf({ tx, engine, prefix }, 'drain')
  if (source.recorded) throw new EramError('ERAM_CONFIG', 'drain: expected an engine or a transaction, got a fake; it has fake.perform()')
  const running = source.engine
  const choice = readChoice('drain', options)
  if (!source.transaction && running?.testing !== 'manual' && running?.testing !== 'inline') return drainLive(source, options, choice)
  const counts = new Counts()
  const producer = randomUUID()
  const newest = with_recursion ? Infinity : ((await source.run('find', {})).at(-1)?.id ?? 0)
  const ids = new Set()
  for (;;) {
    await source.run('stage', { ...choice, until: choice.until ?? (await timeOf(source)) })
    const job = await source.run('claim', {
      ...choice,
      node: NODE,
      producer,
      version: running?.version ?? undefined,
      most: Number.isFinite(newest) ? newest : undefined,
    })
    if (!job) break
    if (counts.attempts >= limit) {
      await source.run('settle', JSON.parse(judge(job, JSON.stringify({ run: 1, outcome: 'released', begun: false })).ack))
      throw tooMany('drain', limit, counts)
    }
    ids.add(job.id)
    const { event, error } = await run(job, source)
    counts.add(job.worker, event)
    if (throws && error !== undefined) throw error
  }
  const jobs = ids.size > 0 ? (await source.run('find', { ids: [...ids] })).map(jobWithDates) : []
  return { ...counts.events, jobs }
}

/**
 * Performs one claimed job and writes its outcome.
 * @param {Job} job
 * @param {Source} source
 * @returns {Promise<{ event: 'success' | 'failure' | 'discard' | 'cancelled' | 'snoozed' | 'released', error: unknown }>}
 */
async function run(job, source) {
  const { transaction, engine, prefix } = source
  const services = engine && state.services.get(engine.name)?.deps
  const deps = {
    enqueue: (/** @type {any} */ worker, /** @type {unknown} */ args, /** @type {any} */ options) => enqueue(worker, args, options),
    transaction: /** @type {any} */ (
      () =>
        Promise.reject(new EramError('ERAM_DRIVER', 'transaction: true: expected drain({ tx }), or an engine with a driver, got neither'))
    ),
    ...services,
    prepareAck: (/** @type {string} */ detail) => judge(job, detail).ack,
  }
  let done
  if (transaction) {
    const { executor } = transaction
    const tx = transaction.tx
    const inside = { executor, prefix, ...(engine && { engine: engine.name }) }
    const within = /** @type {any} */ ({
      ...deps,
      // With a transaction of its own, it does not join that of the scope, which knows the schema.
      enqueue: (/** @type {any} */ worker, /** @type {unknown} */ args, /** @type {any} */ options) =>
        deps.enqueue(worker, args, options?.tx === null ? options : { prefix, ...options }),
      transaction: (/** @type {any} */ perform) =>
        inSavepoint(executor, 'eram_job', () => perform(tx, (/** @type {string} */ text) => ackIn(executor, prefix, text)), true),
    })
    done = await inSavepoint(executor, 'eram_drain', () => withTransaction(tx, () => attempt(job, within), inside), false)
  } else {
    done = await attempt(job, deps)
  }
  const { committed, detail, error } = done
  const { event, ack } = judge(job, detail)
  if (!committed) await source.run('settle', JSON.parse(ack))
  return {
    event,
    error:
      event === 'failure' || event === 'discard'
        ? (error ??
          new EramError('ERAM_JOB', `${job.worker}: expected it to complete, it was ${event === 'discard' ? 'discarded' : 'failed'}`))
        : undefined,
  }
}

/**
 * The time of the schema, for a transaction on a connection of the test: such a connection follows the server's clock. undefined: the
 * connection's own time is right.
 * @param {Source} source
 * @returns {Promise<number | undefined>}
 */
async function timeOf({ transaction, engine, prefix }) {
  if (!transaction || !engine?.testing || engine.prefix !== prefix) return undefined
  return (await sourceOf({ tx: null, engine: engine.name }, 'drain').run('time', {})).now
}
