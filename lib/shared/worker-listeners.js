// Listeners of every engine of this isolate, including engines that start later: EramJob.onSuccess() and the like.

import { state } from './global-state.js'

/** @typedef {{ event: string, [detail: string]: any }} EngineEvent */
/** @typedef {(event: any) => unknown} Listener */
/** @typedef {Map<string, Set<Listener>>} ListenerMap  by kind */
/** @typedef {'success' | 'failure' | 'attempt'} AttemptFilter */

/** Which events each of EramJob's listeners receives. @type {Record<AttemptFilter, (event: EngineEvent) => boolean>} */
const FILTERS = {
  success: ({ event, state }) => event === 'job:stop' && state === 'success',
  failure: ({ state }) => state === 'discard',
  attempt: ({ state }) => state !== 'released',
}

// Shared by all copies of this package, as in global-state.js.
const KEY = Symbol.for('eramjs.listeners')
const shared = /** @type {Record<symbol, { listeners: ListenerMap } | undefined>} */ (/** @type {unknown} */ (globalThis))

export const ofAllEngines = shared[KEY] ?? { listeners: new Map() }
shared[KEY] = ofAllEngines

/**
 * Listens to attempts of one job class on any engine of this process.
 * @param {string} worker
 * @param {AttemptFilter} filter
 * @param {Listener} callback
 * @returns {() => void} removes the listener
 */
export function onWorker(worker, filter, callback) {
  /** @param {EngineEvent} event */
  const listener = (event) => {
    if (event.job?.worker === worker && FILTERS[filter](event)) return callback({ ...event.job, ...outcomeOf(event) })
  }
  const kinds = filter === 'success' ? ['job:stop'] : ['job:stop', 'job:exception']
  for (const kind of kinds) add(ofAllEngines.listeners, kind, listener)
  refreshAll()
  return () => {
    for (const kind of kinds) remove(ofAllEngines.listeners, kind, listener)
    refreshAll()
  }
}

/** @param {EngineEvent} event */
function outcomeOf({ event, job, ...outcome }) {
  return outcome
}

function refreshAll() {
  for (const engine of state.engines.values()) /** @type {{ listeners?: { refresh: () => void } }} */ (engine).listeners?.refresh()
}

/**
 * @param {ListenerMap} map
 * @param {string} kind
 * @param {Listener} listener
 */
export function add(map, kind, listener) {
  const set = map.get(kind)
  if (set) set.add(listener)
  else map.set(kind, new Set([listener]))
}

/**
 * @param {ListenerMap} map
 * @param {string} kind
 * @param {Listener} listener
 */
export function remove(map, kind, listener) {
  const set = map.get(kind)
  if (set?.delete(listener) && set.size === 0) map.delete(kind)
}
