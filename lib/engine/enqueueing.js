// Enqueues for the public classes. What inserts jobs is imported with the first use, so that importing eramjs is quick; a call is read
// before that, as its objects may change meanwhile.

import { build, readCall, readDrafts, readTarget } from '../job/index.js'
import { state } from '../shared/global-state.js'

/** @import { Enqueueing } from '../shared/global-state.js' */

/** @returns {Promise<Enqueueing>} */
async function imported() {
  await import('../enqueue/index.js')
  return /** @type {Enqueueing} */ (state.enqueueing)
}

/**
 * @param {Function | string} worker
 * @param {unknown} [args]
 * @param {Record<string, unknown>} [options]
 */
export async function enqueue(worker, args, options) {
  if (state.enqueueing) return state.enqueueing.enqueue(worker, args, options)
  const call = readCall(worker, args, options)
  const draft = build(call)
  return (await imported()).enqueueDraft(draft, call.target)
}

/**
 * @param {Iterable<unknown>} drafts
 * @param {Record<string, unknown>} [options]
 */
export async function enqueueAll(drafts, options = {}) {
  if (state.enqueueing) return state.enqueueing.enqueueAll(drafts, options)
  const target = readTarget(options)
  const list = readDrafts(drafts, target)
  return (await imported()).enqueueDrafts(list, target)
}

/**
 * @template T
 * @param {unknown} tx
 * @param {() => T | Promise<T>} fn
 * @param {{ engine?: string, prefix?: string }} [options]
 */
export async function withTransaction(tx, fn, options) {
  return (state.enqueueing ?? (await imported())).withTransaction(tx, fn, options)
}
