// Puts jobs on their queues, through the caller's transaction or the engine. Everything is checked before any SQL, because an
// error of the server would abort the caller's transaction.

import { EramError, shown, translated } from '../shared/errors.js'
import { port } from '../shared/global-state.js'
import { toJob, toJobs } from '../shared/job-row.js'
import { Mailbox } from './batcher.js'
import { ownWay } from './custom-driver.js'
import { build, readCall, readDraft, readWay, stamped } from './draft.js'
import { enqueueIn, transactionOf } from './in-transaction.js'

/** @import { Way } from './draft.js' */
/** @import { Port, Running } from '../shared/global-state.js' */

/**
 * @param {Function | string} worker a registered class, or a name, whose class need not be loaded
 * @param {unknown} [args]
 * @param {unknown} [options]
 */
export async function enqueue(worker, args, options) {
  const call = readCall(worker, args, options)
  const draft = build(call)
  const own = ownWay(call.way)
  if (own) return toJob(await own.enqueue(stamped(draft, own.engine)), draft)
  const transaction = transactionOf(call.way)
  if (transaction) {
    const [job] = toJobs(await enqueueIn(transaction, [stamped(draft, transaction.engine)]), [draft])
    return job
  }
  const { engine, port: through } = wayOut(call.way)
  return toJob(await translated(mailboxOf(engine, through).enqueue(stamped(draft, engine))), draft)
}

/** @type {WeakMap<Running, Mailbox>} */
const mailboxes = new WeakMap()

/** @param {Running} engine @param {Port} through */
function mailboxOf(engine, through) {
  const known = mailboxes.get(engine)
  if (known) return known
  const made = new Mailbox(through, engine.id)
  mailboxes.set(engine, made)
  return made
}

/**
 * Many jobs, all or none.
 * @param {Iterable<unknown>} drafts from X.new(), or { worker, args, …options }
 * @param {unknown} [options]
 */
export async function enqueueAll(drafts, options = {}) {
  const way = readWay(options)
  const list = listOf(drafts).map((draft, i) => readDraft(draft, i, way))
  const own = list.length > 0 ? ownWay(way) : undefined
  if (own) return toJobs(await own.enqueueAll(list.map((draft) => stamped(draft, own.engine))), list)
  const transaction = transactionOf(way)
  if (list.length === 0) return []
  const textsFor = (/** @type {Running | undefined} */ engine) => list.map((draft) => stamped(draft, engine))
  if (transaction) return toJobs(await enqueueIn(transaction, textsFor(transaction.engine)), list)
  const { engine, port: through } = wayOut(way)
  return toJobs(JSON.parse(await translated(through.enqueueAll(engine.id, `[${textsFor(engine).join(',')}]`))), list)
}

/** @param {unknown} drafts @returns {unknown[]} */
function listOf(drafts) {
  if (typeof drafts === 'object' && drafts !== null && Symbol.iterator in drafts) {
    return [.../** @type {Iterable<unknown>} */ (drafts)]
  }
  throw new EramError('ERAM_JOB', `enqueueAll: expected an array of drafts, got ${shown(drafts)}; make each with X.new(args, options)`)
}

/**
 * The engine writes into its own schema only.
 * @param {Way} way
 * @returns {{ engine: Running, port: Port }}
 */
function wayOut({ engine, prefix }) {
  const out = port(engine)
  if (prefix === undefined || prefix === out.engine.prefix) return out
  throw new EramError(
    'ERAM_JOB',
    `prefix: expected ${JSON.stringify(out.engine.prefix)}, the prefix of engine ${JSON.stringify(out.engine.name)}, got ${shown(prefix)}; ` +
      'start an engine with that prefix and name it, or pass { tx }',
  )
}
