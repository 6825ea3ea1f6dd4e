// Who wants to hear of what. The engine reports an event only if somebody listens for its kind, so that nobody pays for
// unheard ones; a listener that throws reaches neither the engine nor the other listeners.

import diagnostics from 'node:diagnostics_channel'
import { state } from '../shared/global-state.js'
import { headline } from '../shared/serialize.js'
import { EVENT_KINDS, LOCAL_EVENTS } from './kinds.js'

/** @typedef {{ event: string, [detail: string]: any }} EngineEvent */
/** @typedef {(event: any) => unknown} Listener */
/** @typedef {'success' | 'failure' | 'attempt'} Ending */

/** @type {ReadonlySet<string>} */
const LOCAL = new Set(LOCAL_EVENTS)

// Which event of which state each of EramJob's listeners waits for.
/** @type {Record<Ending, (event: EngineEvent) => boolean>} */
const ENDINGS = {
  success: ({ event, state }) => event === 'job:stop' && state === 'success',
  failure: ({ state }) => state === 'discard',
  attempt: ({ state }) => state !== 'released',
}

/** @typedef {{ listeners: Map<string, Set<Listener>> }} Everywhere */

// Shared by all copies of this package, as in state.js.
const KEY = Symbol.for('eramjs.listeners')
const shared = /** @type {Record<symbol, Everywhere | undefined>} */ (/** @type {unknown} */ (globalThis))

/** What every engine of this environment tells, also those that start later: EramJob.onSuccess and its like. */
const everywhere = shared[KEY] ?? { listeners: new Map() }
shared[KEY] = everywhere

/**
 * Calls back after attempts of one job class on any engine of this process.
 * @param {string} worker
 * @param {Ending} ending
 * @param {Listener} callback
 * @returns {() => void} takes the listener away
 */
export function onWorker(worker, ending, callback) {
  /** @param {EngineEvent} event */
  const listener = (event) => {
    if (event.job?.worker === worker && ENDINGS[ending](event)) return callback({ ...event.job, ...outcomeOf(event) })
  }
  const kinds = ending === 'success' ? ['job:stop'] : ['job:stop', 'job:exception']
  for (const kind of kinds) add(everywhere.listeners, kind, listener)
  changed()
  return () => {
    for (const kind of kinds) remove(everywhere.listeners, kind, listener)
    changed()
  }
}

/** @param {EngineEvent} event */
function outcomeOf({ event, job, ...outcome }) {
  return outcome
}

function changed() {
  for (const engine of state.engines.values()) /** @type {{ listeners?: Listeners }} */ (engine).listeners?.refresh()
}

/**
 * @param {Map<string, Set<Listener>>} map
 * @param {string} kind
 * @param {Listener} listener
 */
function add(map, kind, listener) {
  const set = map.get(kind)
  if (set) set.add(listener)
  else map.set(kind, new Set([listener]))
}

/**
 * @param {Map<string, Set<Listener>>} map
 * @param {string} kind
 * @param {Listener} listener
 */
function remove(map, kind, listener) {
  const set = map.get(kind)
  if (set?.delete(listener) && set.size === 0) map.delete(kind)
}

export class Listeners {
  #subscribe
  #changed
  /** @type {Map<string, Set<Listener>>} */
  #own = new Map()
  #wanted = '[]'

  /**
   * @param {object} tell
   * @param {(kinds: string) => void} tell.subscribe  the engine, which of its kinds are heard, as JSON
   * @param {() => void} tell.changed  whoever asks hears(), that its answers may be others now
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

  /** @param {string} kind */
  hears(kind) {
    return [this.#own, everywhere.listeners].some((map) => map.has(kind) || map.has('*')) || diagnostics.hasSubscribers(`eram:${kind}`)
  }

  /** Tells the engine if what is heard has changed; subscribers of diagnostics_channel come and go without a word. */
  refresh() {
    const kinds = new Set([
      ...this.#own.keys(),
      ...everywhere.listeners.keys(),
      ...EVENT_KINDS.filter((kind) => diagnostics.hasSubscribers(`eram:${kind}`)),
    ])
    const wanted = JSON.stringify(kinds.has('*') ? ['*'] : [...kinds].filter((kind) => !LOCAL.has(kind)).sort())
    this.#changed()
    if (wanted === this.#wanted) return
    this.#wanted = wanted
    this.#subscribe(wanted)
  }

  /** @param {EngineEvent} event */
  emit(event) {
    for (const map of [this.#own, everywhere.listeners]) {
      for (const kind of [event.event, '*']) {
        const set = map.get(kind)
        // A copy, because a listener may take itself away.
        if (set) for (const listener of [...set]) this.#call(listener, event)
      }
    }
    const channel = diagnostics.channel(`eram:${event.event}`)
    // Node reports a subscriber that throws by itself, as an uncaught exception on the next tick; that is its contract.
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
    if (event.event === 'listener:exception' || !this.hears('listener:exception')) process.emitWarning(message, 'EramListener')
    else this.emit({ event: 'listener:exception', of: event.event, message })
  }
}
