// Listeners of events. The engine emits only the kinds that have a listener, so the others cost nothing; a listener that throws
// affects neither the engine nor the other listeners.

import diagnostics from 'node:diagnostics_channel'
import { state } from '../shared/global-state.js'
import { headline } from '../shared/serialize.js'
import { EVENT_KINDS, LOCAL_EVENTS } from './kinds.js'

/** @typedef {{ event: string, [detail: string]: any }} EngineEvent */
/** @typedef {(event: any) => unknown} Listener */
/** @typedef {Map<string, Set<Listener>>} ListenerMap  by kind */
/** @typedef {'success' | 'failure' | 'attempt'} AttemptFilter */

/** @type {ReadonlySet<string>} */
const LOCAL = new Set(LOCAL_EVENTS)

/** Which events each of EramJob's listeners receives. @type {Record<AttemptFilter, (event: EngineEvent) => boolean>} */
const FILTERS = {
  success: ({ event, state }) => event === 'job:stop' && state === 'success',
  failure: ({ state }) => state === 'discard',
  attempt: ({ state }) => state !== 'released',
}

// Shared by all copies of this package, as in shared/global-state.js.
const KEY = Symbol.for('eramjs.listeners')
const shared = /** @type {Record<symbol, { listeners: ListenerMap } | undefined>} */ (/** @type {unknown} */ (globalThis))

/** Listeners of every engine of this isolate, including engines that start later: EramJob.onSuccess() and the like. */
const ofAllEngines = shared[KEY] ?? { listeners: new Map() }
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
  for (const engine of state.engines.values()) /** @type {{ listeners?: Listeners }} */ (engine).listeners?.refresh()
}

/**
 * @param {ListenerMap} map
 * @param {string} kind
 * @param {Listener} listener
 */
function add(map, kind, listener) {
  const set = map.get(kind)
  if (set) set.add(listener)
  else map.set(kind, new Set([listener]))
}

/**
 * @param {ListenerMap} map
 * @param {string} kind
 * @param {Listener} listener
 */
function remove(map, kind, listener) {
  const set = map.get(kind)
  if (set?.delete(listener) && set.size === 0) map.delete(kind)
}

/** The listeners of one engine. */
export class Listeners {
  #subscribe
  #changed
  /** @type {ListenerMap} */
  #own = new Map()
  #subscribed = '[]'
  #starting = true

  /**
   * @param {object} callbacks
   * @param {(kinds: string) => void} callbacks.subscribe  informs the engine which of its kinds have listeners, as JSON
   * @param {() => void} callbacks.changed  the answers of has() may have changed
   */
  constructor({ subscribe, changed }) {
    this.#subscribe = subscribe
    this.#changed = changed
  }

  /** @param {string} kind @param {Listener} listener */
  on(kind, listener) {
    add(this.#own, kind, listener)
    this.refresh()
  }

  /** @param {string} kind @param {Listener} listener */
  off(kind, listener) {
    remove(this.#own, kind, listener)
    this.refresh()
  }

  /**
   * The caller of start() has had the chance to listen. Until then the engine keeps the args of the jobs that it claims, for a
   * listener that is added as soon as start() resolves.
   */
  started() {
    this.#starting = false
    this.refresh()
  }

  /** @param {string} kind */
  has(kind) {
    return [this.#own, ofAllEngines.listeners].some((map) => map.has(kind) || map.has('*')) || diagnostics.hasSubscribers(`eram:${kind}`)
  }

  /** Updates the engine's subscriptions. Subscribers of diagnostics_channel come and go without notice. */
  refresh() {
    const kinds = new Set([
      ...this.#own.keys(),
      ...ofAllEngines.listeners.keys(),
      ...(this.#starting ? ['job:stop'] : []),
      ...EVENT_KINDS.filter((kind) => diagnostics.hasSubscribers(`eram:${kind}`)),
    ])
    const wanted = JSON.stringify(kinds.has('*') ? ['*'] : [...kinds].filter((kind) => !LOCAL.has(kind)).sort())
    this.#changed()
    if (wanted === this.#subscribed) return
    this.#subscribed = wanted
    this.#subscribe(wanted)
  }

  /** @param {EngineEvent} event */
  emit(event) {
    for (const map of [this.#own, ofAllEngines.listeners]) {
      for (const kind of [event.event, '*']) {
        const set = map.get(kind)
        // A copy, because a listener may remove itself.
        if (set) for (const listener of [...set]) this.#call(listener, event)
      }
    }
    const channel = diagnostics.channel(`eram:${event.event}`)
    // By Node's contract, a subscriber that throws causes an uncaught exception on the next tick.
    if (channel.hasSubscribers) channel.publish(event)
  }

  /** @param {Listener} listener @param {EngineEvent} event */
  #call(listener, event) {
    try {
      const returned = listener(event)
      if (returned instanceof Promise) returned.catch((thrown) => this.#threw(event, thrown))
    } catch (thrown) {
      this.#threw(event, thrown)
    }
  }

  /** @param {EngineEvent} event @param {unknown} thrown */
  #threw(event, thrown) {
    const message = `a listener of ${event.event} threw ${headline(thrown)}`
    if (event.event === 'listener:exception' || !this.has('listener:exception')) process.emitWarning(message, 'EramListener')
    else this.emit({ event: 'listener:exception', of: event.event, message })
  }
}
