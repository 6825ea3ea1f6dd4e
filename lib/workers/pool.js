// The job threads of one engine: which queues need some, for which classes, and the engine's orders to end or replace them.

import { registrations } from '../job/class-loader.js'
import { EramError } from '../shared/errors.js'
import { Seat } from './supervisor.js'

/** @import { EngineFacts } from '../engine/attached-engines.js' */
/** @import { Spec } from '../drivers/spec.js' */
/** @import { Registration } from '../job/registry.js' */
/** @import { Limits } from '../perform/runner.js' */
/** @import { Order, Parent } from './worker-thread.js' */
/** @import { Isolation, QueueSettings } from '../engine/options.js' */

/**
 * What a job thread is told at its start.
 * @typedef {object} ThreadData
 * @property {number} engine
 * @property {string} name  of the engine
 * @property {string} queue
 * @property {string[]} workers  whose files it loads at once; others follow when a job of theirs comes
 * @property {EngineFacts[]} engines
 * @property {Spec | null} driver
 * @property {number} concurrency  jobs that it may have at once
 * @property {Limits} limits
 * @property {boolean} guarded  somebody asks what memory it holds
 * @property {Int32Array} ears  which events of its own somebody listens for
 * @property {Float64Array} beat
 * @property {string[]} [exec_argv]
 * @property {Record<string, number>} [resource_limits]
 */

/**
 * @typedef {object} Owner
 * @property {number} id
 * @property {string} name
 * @property {Spec | null | undefined} driver  null: it lives on this thread only
 * @property {Limits} limits
 * @property {boolean} guarded
 * @property {Int32Array} ears
 * @property {Map<string, QueueSettings>} queues
 * @property {() => EngineFacts[]} engines
 */

export class Threads {
  #owner
  #parent
  /** By queue and isolation. @type {Map<string, Seat[]>} */
  #seats = new Map()

  /**
   * @param {Owner} owner
   * @param {Parent} parent
   */
  constructor(owner, parent) {
    this.#owner = owner
    this.#parent = parent
  }

  /** Starts threads for the classes that are registered; rejects with the first that cannot start. */
  async open() {
    const classes = registrations()
    for (const each of classes) this.#refuseWithoutDriver(each)
    await Promise.all(classes.map((registration) => this.want(registration)))
  }

  /**
   * Sees to it that a class's queue has threads that can perform it.
   * @param {Registration} registration
   */
  async want(registration) {
    const queue = registration.queue ?? 'default'
    const settings = this.#owner.queues.get(queue)
    if (!settings) return
    const isolation = isolationOf(registration, settings)
    if (isolation !== 'main') await this.seat(queue, isolation)
  }

  /**
   * A live driver serves jobs of this thread only.
   * @param {Registration} registration
   */
  #refuseWithoutDriver(registration) {
    const { name, queue = 'default', transaction } = registration
    const settings = this.#owner.queues.get(queue)
    if (this.#owner.driver !== null || !transaction || !settings || isolationOf(registration, settings) === 'main') return
    throw new EramError(
      'ERAM_CONFIG',
      `driver: expected { type, config } or { type, filename, export } beside the live instance, because ${name} performs in a transaction (transaction: true) on a thread of its own, got the instance alone; give instance and filename, or register ${name} with isolation: 'main'`,
    )
  }

  /**
   * @param {string} queue
   * @param {'thread' | 'process'} isolation
   */
  async seat(queue, isolation) {
    const key = `${isolation} ${queue}`
    const settings = this.#owner.queues.get(queue)
    if (!settings) return
    let seats = this.#seats.get(key)
    if (!seats) {
      // Where no class of the queue lives, only suspects come, one at a time.
      const lived = registrations().some((each) => (each.queue ?? 'default') === queue && isolationOf(each, settings) === isolation)
      seats = Array.from(
        { length: lived ? settings.threads : 1 },
        () => new Seat({ engine: this.#owner.name, queue, isolation }, () => this.#order(queue, isolation), this.#parent),
      )
      this.#seats.set(key, seats)
      for (const seat of seats) seat.open()
    }
    await Promise.all(seats.map((seat) => seat.opened))
  }

  /** @param {number} slot */
  terminate(slot) {
    for (const thread of this.living) if (thread.slot === slot) thread.terminate()
  }

  /** @param {number} slot */
  replace(slot) {
    for (const seat of this.#all()) if (seat.slot === slot) seat.replace()
  }

  /** Every thread that lives, those that were replaced too. */
  get living() {
    return this.#all().flatMap((seat) => [...seat.living])
  }

  /** @param {string} queue */
  status(queue) {
    return this.#all(queue).map((seat) => seat.status)
  }

  /** Other engines of the process have come or gone. */
  tellEngines() {
    const message = { engines: this.#owner.engines() }
    for (const thread of this.living) thread.tell(message)
  }

  /**
   * Lets the threads of one queue, or all, finish.
   * @param {string} [queue]
   */
  async close(queue) {
    const seats = this.#all(queue)
    for (const [key] of [...this.#seats]) if (queue === undefined || queueOf(key) === queue) this.#seats.delete(key)
    await Promise.all(seats.map((seat) => seat.close()))
  }

  /** The process is exiting. */
  abandon() {
    for (const thread of this.living) thread.abandon()
  }

  /** @param {string} [queue] */
  #all(queue) {
    return [...this.#seats].flatMap(([key, seats]) => (queue === undefined || queueOf(key) === queue ? seats : []))
  }

  /**
   * @param {string} queue
   * @param {'thread' | 'process'} isolation
   * @returns {Order}
   */
  #order(queue, isolation) {
    const { id, name, driver, limits, guarded, ears, queues, engines } = this.#owner
    const settings = /** @type {QueueSettings} */ (queues.get(queue))
    const workers = registrations()
      .filter((each) => (each.queue ?? 'default') === queue && isolationOf(each, settings) === isolation)
      .map((each) => each.name)
    return {
      queue,
      isolation,
      exec_argv: settings.exec_argv,
      resource_limits: settings.resource_limits,
      data: {
        engine: id,
        name,
        driver: driver ?? null,
        concurrency: Math.ceil(settings.limit / settings.threads),
        workers,
        ears,
        engines: engines(),
        limits: { ...limits, abort_grace: settings.abort_grace },
        guarded,
      },
    }
  }
}

/** @param {string} key */
function queueOf(key) {
  return key.slice(key.indexOf(' ') + 1)
}

/**
 * Where the jobs of a class run: without a file only the thread that has the class can perform them.
 * @param {Registration} registration
 * @param {QueueSettings} settings
 * @returns {Isolation}
 */
function isolationOf({ filename, isolation }, settings) {
  if (!filename) return 'main'
  return /** @type {Isolation} */ (isolation ?? settings.isolation ?? 'thread')
}
