// drain(): runs every job that can run, one at a time, in this isolate; with a transaction, all of it inside.

import { randomUUID } from 'node:crypto'
import { ackIn, withTransaction } from '../enqueue/index.js'
import { registered } from '../job/index.js'
import { EramError } from '../shared/errors.js'
import { state } from '../shared/global-state.js'
import { jobWithDates } from '../shared/job-row.js'
import { invalidOption, isRecord } from '../shared/validate.js'
import { attempt } from './attempt.js'
import { judge } from './judge.js'
import { inSavepoint } from './savepoint.js'
import { sourceOf } from './source.js'

/** @import { Job } from './expected.js' */
/** @import { Place, Source } from './source.js' */

/** @typedef {Place & { queue?: unknown, only?: unknown, with_scheduled?: unknown, with_recursion?: unknown, limit?: unknown, throws?: unknown }} DrainOptions */
/** @typedef {{ queues?: string[], workers?: string[], until?: number | 'infinity' }} Choice */

const NODE = 'eramjs/testing'
const LIMIT = 10_000
const KEYS = ['tx', 'engine', 'prefix', 'queue', 'only', 'with_scheduled', 'with_recursion', 'limit', 'throws']

/**
 * Runs every job that can run; resolves to counts of attempts, and the jobs.
 * @param {DrainOptions} [options]
 */
export async function drain(options = {}) {
  if (!isRecord(options)) throw invalidOption('drain', 'an object of options', options)
  for (const key of Object.keys(options)) if (!KEYS.includes(key)) throw invalidOption('drain', `only ${KEYS.join(', ')}`, key)
  const { tx, engine, prefix, limit = LIMIT, with_recursion = true, throws = false } = options
  if (!(Number.isInteger(limit) && Number(limit) > 0)) throw invalidOption('drain.limit', 'a positive integer', limit)
  const source = sourceOf({ tx, engine, prefix }, 'drain')
  const running = source.engine
  if (!source.transaction && !(running?.testing === 'manual' || running?.testing === 'inline')) {
    const hint = 'an engine that runs queues has engine.drain()'
    throw new EramError('ERAM_CONFIG', `drain: expected an engine in mode manual, or a transaction, got engine "${running?.name}"; ${hint}`)
  }
  const choice = readChoice(options)
  const counts = { success: 0, failure: 0, discard: 0, cancelled: 0, snoozed: 0, released: 0 }
  const producer = randomUUID()
  const newest = with_recursion ? Infinity : ((await source.run('find', {})).at(-1)?.id ?? 0)
  /** @type {Map<string, number>} */
  const workers = new Map()
  const ids = new Set()
  for (let runs = 0; ; runs++) {
    await source.run('stage', choice)
    const job = await source.run('claim', {
      ...choice,
      node: NODE,
      producer,
      version: running?.version ?? undefined,
      most: Number.isFinite(newest) ? newest : undefined,
    })
    if (!job) break
    if (runs >= Number(limit)) {
      await source.run('settle', JSON.parse(judge(job, JSON.stringify({ run: 1, outcome: 'released', begun: false })).ack))
      throw tooMany(Number(limit), workers)
    }
    workers.set(job.worker, (workers.get(job.worker) ?? 0) + 1)
    ids.add(job.id)
    const { event, error } = await run(job, source)
    counts[event] += 1
    if (throws && error !== undefined) throw error
  }
  const jobs = ids.size > 0 ? (await source.run('find', { ids: [...ids] })).map(jobWithDates) : []
  return { ...counts, jobs }
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
    enqueue: () => Promise.reject(new EramError('ERAM_NOT_RUNNING', 'ctx.enqueue: expected a running engine, got none')),
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

/** @param {DrainOptions} options @returns {Choice} */
function readChoice({ queue, only, with_scheduled = false }) {
  if (only !== undefined && !Array.isArray(only)) throw invalidOption('drain.only', 'an array of job classes', only)
  if (typeof with_scheduled !== 'boolean' && !(with_scheduled instanceof Date))
    throw invalidOption('drain.with_scheduled', 'true, false or a Date', with_scheduled)
  const until =
    with_scheduled === true ? /** @type {const} */ ('infinity') : with_scheduled === false ? undefined : with_scheduled.getTime()
  return {
    ...(queue !== undefined && { queues: /** @type {string[]} */ ([queue].flat()) }),
    ...(only !== undefined && { workers: only.map((/** @type {Function} */ type) => registered(type).name) }),
    ...(until !== undefined && { until }),
  }
}

/** @param {number} limit @param {Map<string, number>} workers */
function tooMany(limit, workers) {
  const busiest = [...workers].sort(([, a], [, b]) => b - a).slice(0, 3)
  const names = busiest.map(([worker, count]) => `${worker} (${count})`).join(', ')
  return new EramError('ERAM_TIMEOUT', `drain: expected at most ${limit} attempts, got more; most were of ${names}`)
}
