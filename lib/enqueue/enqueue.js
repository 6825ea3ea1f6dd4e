// Enqueues jobs, through the caller's transaction or the engine. Everything is checked before any SQL, because an error of the
// server would abort the caller's transaction.

import { build, readCall, readDrafts, readTarget, stamped } from '../job/index.js'
import { checkEnqueue } from '../loading/index.js'
import { enqueueThrough, isSurrounded } from '../middleware/index.js'
import { EramError, translated } from '../shared/errors.js'
import { enqueueTransport, runningEngine, state } from '../shared/global-state.js'
import { toJob, toJobs } from '../shared/job-row.js'
import { shown } from '../shared/validate.js'
import { traceEnqueue, tracesEnqueue } from '../telemetry/index.js'
import { insertDrafts } from '../transactions/index.js'
import { EnqueueBatcher } from './batcher.js'
import { customEnqueue } from './custom-driver.js'
import { transactionOf } from './in-transaction.js'
import { counted } from './inserted.js'
import { currentScope, withTransaction } from './transaction-scope.js'

/** @import { EnqueueTransport, RunningEngine } from '../shared/global-state.js' */
/** @import { Draft, EnqueueTarget } from '../job/draft.js' */

/**
 * Enqueues one job.
 * @param {Function | string} worker  a registered class, or a name, whose class need not be loaded
 * @param {unknown} [args]
 * @param {unknown} [options]
 */
export async function enqueue(worker, args, options) {
  checkEnqueue()
  const call = readCall(worker, args, options)
  return watched(call.name, enqueueDraft(build(call), call.target))
}

/**
 * @template T
 * @param {string} what
 * @param {Promise<T>} promise
 */
function watched(what, promise) {
  return state.testing ? state.testing.watch(what, promise) : promise
}

/**
 * @param {Draft} draft
 * @param {EnqueueTarget} target
 */
async function enqueueDraft(draft, target) {
  const isTraced = tracesEnqueue()
  if (!isTraced && !isSurrounded(draft)) return insert(draft, target)
  const about = aboutCall(target, false)
  const insertOne = async (/** @type {Draft[]} */ [only = draft]) => [await insert(only, target)]
  const run = () => enqueueThrough([draft], about, insertOne)
  const [job] = await (isTraced ? traceEnqueue({ ...about, drafts: [draft] }, run) : run())
  return job
}

/**
 * @param {Draft} draft
 * @param {EnqueueTarget} target
 */
async function insert(draft, target) {
  const instead = state.testing?.intercept(draft.text, target)
  if (instead) return toJob(await instead, draft)
  const custom = customEnqueue(target)
  if (custom) return counted(custom.engine, toJob(await custom.enqueue(stamped(draft, custom.engine)), draft))
  const transaction = transactionOf(target)
  if (transaction) {
    const [job] = allCounted(transaction.engine, toJobs(await insertDrafts(transaction, [stamped(draft, transaction.engine)]), [draft]))
    return job
  }
  const { engine, transport } = transportOf(target)
  return counted(engine, toJob(await translated(batcherOf(engine, transport).enqueue(stamped(draft, engine))), draft))
}

/** @type {WeakMap<RunningEngine, EnqueueBatcher>} */
const batchers = new WeakMap()

/** @param {RunningEngine} engine @param {EnqueueTransport} transport */
function batcherOf(engine, transport) {
  const existing = batchers.get(engine)
  if (existing) return existing
  const batcher = new EnqueueBatcher(transport, engine.id)
  batchers.set(engine, batcher)
  return batcher
}

/**
 * Enqueues many jobs, all or none.
 * @param {Iterable<unknown>} drafts  from X.new(), or { worker, args, …options }
 * @param {unknown} [options]
 */
export async function enqueueAll(drafts, options = {}) {
  checkEnqueue()
  const target = readTarget(options)
  return watched('enqueueAll', enqueueDrafts(readDrafts(drafts, target), target))
}

/**
 * @param {Draft[]} list
 * @param {EnqueueTarget} target
 */
async function enqueueDrafts(list, target) {
  const isTraced = tracesEnqueue()
  if (!isTraced && !list.some(isSurrounded)) return insertAll(list, target)
  const about = aboutCall(target, true)
  const run = () => enqueueThrough(list, about, (drafts) => insertAll(drafts, target))
  return isTraced ? traceEnqueue({ ...about, drafts: list }, run) : run()
}

/**
 * A call, as middleware sees it.
 * @param {EnqueueTarget} target
 * @param {boolean} bulk
 */
function aboutCall(target, bulk) {
  const { tx, engine } = target
  const scope = tx === undefined ? currentScope() : undefined
  const transaction = scope !== undefined || (tx !== undefined && tx !== null)
  return { target, bulk, transaction, engine: runningEngine(engine ?? scope?.engine)?.name }
}

/**
 * @param {Draft[]} list
 * @param {EnqueueTarget} target
 */
async function insertAll(list, target) {
  const instead = state.testing && (await intercepted(list, target))
  if (instead) return toJobs(instead, list)
  const custom = list.length > 0 ? customEnqueue(target) : undefined
  if (custom) return allCounted(custom.engine, toJobs(await custom.enqueueAll(list.map((draft) => stamped(draft, custom.engine))), list))
  const transaction = transactionOf(target)
  if (list.length === 0) return []
  const textsFor = (/** @type {RunningEngine | undefined} */ engine) => list.map((draft) => stamped(draft, engine))
  if (transaction) return allCounted(transaction.engine, toJobs(await insertDrafts(transaction, textsFor(transaction.engine)), list))
  const { engine, transport } = transportOf(target)
  const rows = JSON.parse(await translated(transport.enqueueAll(engine.id, `[${textsFor(engine).join(',')}]`)))
  return allCounted(engine, toJobs(rows, list))
}

/**
 * @template {Record<string, unknown>} Job
 * @param {RunningEngine | undefined} engine
 * @param {Job[]} jobs
 */
function allCounted(engine, jobs) {
  return jobs.map((job) => counted(engine, job))
}

/** @param {Draft[]} list @param {EnqueueTarget} target */
async function intercepted(list, target) {
  const rows = []
  for (const draft of list) {
    const instead = state.testing?.intercept(draft.text, target)
    if (!instead) return undefined
    rows.push(await instead)
  }
  return rows.length > 0 ? rows : undefined
}

/**
 * The engine and transport of an enqueue without a transaction. An engine writes to its own schema only.
 * @param {EnqueueTarget} target
 * @returns {{ engine: RunningEngine, transport: EnqueueTransport }}
 */
function transportOf({ engine, prefix }) {
  const found = enqueueTransport(engine)
  if (prefix === undefined || prefix === found.engine.prefix) return found
  throw new EramError(
    'ERAM_JOB',
    `prefix: expected ${JSON.stringify(found.engine.prefix)}, the prefix of engine ${JSON.stringify(found.engine.name)}, got ${shown(prefix)}; ` +
      'start an engine with that prefix and name it, or pass { tx }',
  )
}

state.enqueueing = { enqueue, enqueueAll, enqueueDraft, enqueueDrafts, withTransaction }
