// Counts the jobs that this isolate has inserted, by engine, queue and class. The engine receives the counts every five seconds, so
// an enqueue calls nothing for them.

import { state } from '../shared/global-state.js'
import { clearTimeout, setTimeout } from '../shared/timers.js'

/** @import { RunningEngine } from '../shared/global-state.js' */

/** Milliseconds. */
const INTERVAL = 5000

/** By the number of the engine, by queue, by class. @type {Map<number, Map<string, Map<string, number>>>} */
let counts = new Map()
/** @type {NodeJS.Timeout | undefined} */
let timer

/**
 * @template {Record<string, unknown>} Job
 * @param {RunningEngine | undefined} engine
 * @param {Job} job  as an insert returned it
 * @returns {Job}
 */
export function counted(engine, job) {
  const { queue, worker, conflict } = job
  if (!engine || conflict || typeof queue !== 'string' || typeof worker !== 'string') return job
  const byQueue = counts.get(engine.id) ?? new Map()
  const byClass = byQueue.get(queue) ?? new Map()
  byClass.set(worker, (byClass.get(worker) ?? 0) + 1)
  if (byClass.size === 1) counts.set(engine.id, byQueue.set(queue, byClass))
  timer ??= setTimeout(handOverCounts, INTERVAL).unref()
  return job
}

/** Hands the counts over now: before they are read, and before the engine stops. */
export function handOverCounts() {
  clearTimeout(timer)
  timer = undefined
  const taken = counts
  counts = new Map()
  for (const [engine, byQueue] of taken) {
    const list = [...byQueue].flatMap(([queue, byClass]) => [...byClass].map(([worker, count]) => [queue, worker, count]))
    state.transport?.enqueued(engine, JSON.stringify(list))
  }
}
