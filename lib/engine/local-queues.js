// The queues of a local engine: this thread's slot at each, and the changes of queues that open or close at runtime.

import { headline } from '../shared/serialize.js'
import { execArgv, queueSettings } from './options.js'

/** @import { EngineEvent } from '../shared/worker-listeners.js' */
/** @import { Limits } from '../perform/runner.js' */
/** @import { Slot } from '../perform/slot.js' */
/** @import { WorkerPool } from '../workers/pool.js' */
/** @import { EngineSettings } from './options.js' */

/**
 * @typedef {object} LocalQueuesDeps
 * @property {EngineSettings} settings
 * @property {WorkerPool} pool
 * @property {(queue: string, limits: Partial<Limits>) => Slot} attach  attaches this thread to a queue
 * @property {(event: EngineEvent) => void} emit
 * @property {(queue: string, options: Record<string, any>) => void} opened  a queue was started at runtime
 */

export class LocalQueues {
  #deps
  /** By queue. @type {Map<string, Slot>} */
  #slots = new Map()
  /** The last change of each queue. @type {Map<string, Promise<void>>} */
  #changes = new Map()

  /** @param {LocalQueuesDeps} deps */
  constructor(deps) {
    this.#deps = deps
  }

  /** Attaches this thread to the queues that the engine was started with. */
  attachAll() {
    for (const queue of this.#deps.settings.queues.keys()) this.#attach(queue)
  }

  /**
   * Opens or closes a queue, after earlier changes of it.
   * @param {string} queue
   * @param {Record<string, any> | null} options  null: close it
   */
  change(queue, options) {
    const before = this.#changes.get(queue)?.catch(() => {}) ?? Promise.resolve()
    const change = before.then(() => (options ? this.#open(queue, options) : this.#close(queue)))
    this.#changes.set(queue, change)
    change.catch((error) => this.#deps.emit({ event: 'engine:log', level: 'warn', message: `queue ${queue}: ${headline(error)}` }))
  }

  /**
   * Settles with the last change of a queue.
   * @param {string} queue
   */
  changed(queue) {
    return this.#changes.get(queue)
  }

  /** Resolves when no after… method is running on this thread. */
  async hooksDone() {
    await Promise.all([...this.#slots.values()].map((slot) => slot.hooksDone()))
  }

  detachAll() {
    for (const slot of this.#slots.values()) slot.close()
  }

  /** @param {string} queue */
  #attach(queue) {
    const { settings, attach } = this.#deps
    const { abort_grace, store_logs, measure } = settings.queues.get(queue) ?? settings.limits
    this.#slots.set(queue, attach(queue, { abort_grace, store_logs, measure }))
  }

  /** @param {string} queue @param {Record<string, any>} options */
  async #open(queue, options) {
    const { settings, pool } = this.#deps
    if (settings.queues.has(queue)) return
    settings.queues.set(queue, queueSettings(options, execArgv(queue, options)))
    this.#attach(queue)
    this.#deps.opened(queue, options)
    await pool.open()
  }

  /** @param {string} queue */
  async #close(queue) {
    if (!this.#deps.settings.queues.delete(queue)) return
    const slot = this.#slots.get(queue)
    this.#slots.delete(queue)
    await Promise.all([this.#deps.pool.close(queue), slot?.hooksDone()])
    slot?.close()
  }
}
