// Listeners of events. The engine emits only the kinds that have a listener, so the others cost nothing; a listener that throws
// affects neither the engine nor the other listeners.

import diagnostics from 'node:diagnostics_channel'
import { headline } from '../shared/serialize.js'
import { invalidOption } from '../shared/validate.js'
import { add, ofAllEngines, remove } from '../shared/worker-listeners.js'
import { CLUSTER_EVENTS, EVENT_KINDS, LOCAL_EVENTS } from './kinds.js'

/** @import { EngineEvent, Listener, ListenerMap } from '../shared/worker-listeners.js' */
/** @import { EventLog } from './logger.js' */

/** @type {ReadonlySet<string>} */
const LOCAL = new Set(LOCAL_EVENTS)
/** @type {ReadonlySet<string>} */
const OF_CLUSTER = new Set(CLUSTER_EVENTS)

/**
 * The kinds that the engine emits, or all of them.
 * @param {string[]} kinds
 */
function ofEngine(kinds) {
  return kinds.includes('*') ? ['*'] : [...new Set(kinds)].filter((kind) => !LOCAL.has(kind)).sort()
}

/**
 * An event without the args, meta and tags of its job.
 * @param {EngineEvent} event
 * @returns {EngineEvent}
 */
function brief(event) {
  if (event.job?.args === undefined) return event
  const { args, meta, tags, ...job } = event.job
  return { ...event, job }
}

/** Whether it is for listeners of all nodes: those of jobs have a scope, as messages do. @param {EngineEvent} event */
function isOfCluster({ event, scope }) {
  return scope !== undefined && event !== 'message'
}

/** The listeners of one engine. */
export class Listeners {
  #subscribe
  #changed
  #log
  /** Listeners that want the args of jobs. @type {ListenerMap} */
  #full = new Map()
  /** Listeners that do not. @type {ListenerMap} */
  #brief = new Map()
  /** Listeners of events of all nodes. @type {ListenerMap} */
  #cluster = new Map()
  #subscribed = ''
  #starting = true

  /**
   * @param {object} callbacks
   * @param {(subscription: string) => void} callbacks.subscribe  informs the engine which of its kinds have listeners, as JSON
   * @param {() => void} callbacks.changed  the answers of leastRank() may have changed
   * @param {EventLog | undefined} [log]  receives what it shows, beside the listeners
   */
  constructor({ subscribe, changed }, log) {
    this.#subscribe = subscribe
    this.#changed = changed
    this.#log = log
  }

  /**
   * @param {string} kind
   * @param {Listener} listener
   * @param {{ args?: boolean }} [options]
   */
  on(kind, listener, { args = kind !== '*' } = {}) {
    remove(args ? this.#brief : this.#full, kind, listener)
    add(args ? this.#full : this.#brief, kind, listener)
    this.refresh()
  }

  /**
   * Listens to events of all nodes.
   * @param {string} kind
   * @param {Listener} listener
   */
  onCluster(kind, listener) {
    if (!OF_CLUSTER.has(kind)) throw invalidOption('engine.on', `one of ${CLUSTER_EVENTS.join(', ')} with scope "cluster"`, kind)
    add(this.#cluster, kind, listener)
    try {
      this.refresh()
    } catch (error) {
      // Where notifications cannot arrive.
      remove(this.#cluster, kind, listener)
      throw error
    }
  }

  /** @param {string} kind @param {Listener} listener */
  off(kind, listener) {
    for (const map of [this.#full, this.#brief, this.#cluster]) remove(map, kind, listener)
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
    const maps = [this.#full, this.#brief, ofAllEngines.listeners]
    return maps.some((map) => map.has(kind) || map.has('*')) || diagnostics.hasSubscribers(`eram:${kind}`)
  }

  /**
   * The least rank of events of a kind that is wanted, for those that have levels; 0: none is.
   * @param {string} kind
   */
  leastRank(kind) {
    return this.has(kind) ? 1 : this.#log?.kinds.includes(kind) ? this.#log.rank : 0
  }

  /** Updates the engine's subscriptions. Subscribers of diagnostics_channel come and go without notice. */
  refresh() {
    const full = [...this.#full.keys(), ...ofAllEngines.listeners.keys()]
    const kept = this.#starting ? [...full, 'job:stop'] : full
    const subscribed = EVENT_KINDS.filter((kind) => diagnostics.hasSubscribers(`eram:${kind}`))
    const wanted = [...full, ...this.#brief.keys(), ...subscribed, ...(this.#log?.kinds ?? [])]
    const subscription = JSON.stringify({ wanted: ofEngine(wanted), full: ofEngine(kept), cluster: [...this.#cluster.keys()].sort() })
    this.#changed()
    if (subscription === this.#subscribed) return
    this.#subscribe(subscription)
    this.#subscribed = subscription
  }

  /** @param {EngineEvent} event */
  emit(event) {
    if (isOfCluster(event)) return this.#callAll(this.#cluster, event)
    this.#log?.receive(event)
    for (const map of [this.#full, ofAllEngines.listeners]) this.#callAll(map, event)
    const channel = diagnostics.channel(`eram:${event.event}`)
    if (this.#brief.size === 0 && !channel.hasSubscribers) return
    const shortened = brief(event)
    this.#callAll(this.#brief, shortened)
    // By Node's contract, a subscriber that throws causes an uncaught exception on the next tick.
    if (channel.hasSubscribers) channel.publish(shortened)
  }

  /** @param {ListenerMap} map @param {EngineEvent} event */
  #callAll(map, event) {
    for (const kind of [event.event, '*']) {
      const set = map.get(kind)
      // A copy, because a listener may remove itself.
      if (set) for (const listener of [...set]) this.#call(listener, event)
    }
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
    else this.emit({ event: 'listener:exception', of: event.event, message, error: thrown })
  }
}
