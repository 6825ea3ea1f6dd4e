// The job threads of one engine: which queues need threads, for which classes, and the engine's orders to terminate or replace
// them.

import { registry } from '../addon/index.js'
import { findWorker } from '../job/index.js'
import { checkConstructor, registrations } from '../loading/index.js'
import { EramError } from '../shared/errors.js'
import { requireHooks } from '../shared/hooks.js'
import { WorkerSupervisor } from './supervisor.js'

/** @import { DriverSpec } from '../drivers/spec.js' */
/** @import { EngineInfo } from '../engine/engine.js' */
/** @import { Isolation, QueueSettings } from '../engine/options.js' */
/** @import { Registration } from '../job/registry.js' */
/** @import { Limits } from '../perform/runner.js' */
/** @import { RequireHook } from '../shared/hooks.js' */
/** @import { EngineCallbacks, WorkerOptions } from './worker-thread.js' */

/**
 * What a job thread, a host thread or a job process gets at its start.
 * @typedef {object} IsolateData
 * @property {number} engine
 * @property {string} name  of the engine
 * @property {string} queue
 * @property {number} registry  with the classes of the engine's environment
 * @property {string[]} workers  whose files are loaded at once; others are loaded with their first job
 * @property {EngineInfo[]} engines
 * @property {DriverSpec | null} driver
 * @property {string[]} setup  paths of files that are imported first
 * @property {number} concurrency  jobs that it may run at once
 * @property {Limits} limits
 * @property {boolean} guarded  whether to publish its memory
 * @property {Int32Array} eventFlags  which of EVENT_FLAGS have a listener
 * @property {Float64Array} progress  see PROGRESS in worker-thread.js
 * @property {RequireHook[]} hooks  of the program, unless exec_argv replaces its options
 * @property {string[]} [exec_argv]
 * @property {Record<string, number>} [resource_limits]
 */

/**
 * What the pool needs of its engine.
 * @typedef {object} PoolDeps
 * @property {number} id
 * @property {string} name
 * @property {DriverSpec | null | undefined} driver  null: it exists on this thread only
 * @property {string[]} setup
 * @property {Limits} limits
 * @property {boolean} guarded
 * @property {Int32Array} eventFlags
 * @property {Isolation} isolation
 * @property {Map<string, QueueSettings>} queues
 * @property {() => EngineInfo[]} engines
 * @property {unknown} [create]  makes the instances of this thread's classes
 */

export class WorkerPool {
  #deps
  #engine
  /** By isolation and queue. @type {Map<string, WorkerSupervisor[]>} */
  #supervisors = new Map()

  /**
   * @param {PoolDeps} deps
   * @param {EngineCallbacks} engine
   */
  constructor(deps, engine) {
    this.#deps = deps
    this.#engine = engine
  }

  /** Starts threads for the registered classes; rejects with the first that cannot start. */
  async open() {
    const classes = registrations()
    for (const each of classes) {
      this.#checkDriver(each)
      this.checkConstructor(each, findWorker(each.name)?.type)
    }
    await Promise.all(classes.map((registration) => this.startFor(registration)))
  }

  /**
   * Makes sure that the queue of a class has threads that can perform it.
   * @param {Registration} registration
   */
  async startFor(registration) {
    const queue = registration.queue ?? 'default'
    const settings = this.#deps.queues.get(queue)
    if (!settings) return
    const isolation = this.#isolationOf(registration, settings)
    if (isolation !== 'main') await this.startThreads(queue, isolation)
  }

  /**
   * Throws if jobs of a class run on this thread, and nothing can make instances of it.
   * @param {Pick<Registration, 'name' | 'queue' | 'filename' | 'isolation'>} registration
   * @param {Function | undefined} type
   */
  checkConstructor(registration, type) {
    const { name, queue = 'default' } = registration
    const settings = this.#deps.queues.get(queue)
    if (type && settings && this.#isolationOf(registration, settings) === 'main') checkConstructor(name, type, this.#deps.create)
  }

  /**
   * Throws if a class needs the driver on another thread, and the driver is a live instance of this one.
   * @param {Registration} registration
   */
  #checkDriver(registration) {
    const { name, queue = 'default', transaction } = registration
    const settings = this.#deps.queues.get(queue)
    if (this.#deps.driver !== null || !transaction || !settings || this.#isolationOf(registration, settings) === 'main') return
    throw new EramError(
      'ERAM_CONFIG',
      `driver: expected { type, config } or { type, filename, export } in addition to the live instance, because ${name} performs in a transaction (transaction: true) on a thread of its own, got the instance alone; give instance and filename, or register ${name} with isolation: 'main'`,
    )
  }

  /**
   * Starts the threads of a queue unless they exist; resolves when all are ready.
   * @param {string} queue
   * @param {'thread' | 'process'} isolation
   */
  async startThreads(queue, isolation) {
    const key = `${isolation} ${queue}`
    const settings = this.#deps.queues.get(queue)
    if (!settings) return
    let supervisors = this.#supervisors.get(key)
    if (!supervisors) {
      // Without a class of this isolation, the threads get only quarantined jobs, one at a time.
      const hasClass = this.#classesOf(queue, isolation, settings).length > 0
      supervisors = Array.from(
        { length: hasClass ? settings.threads : 1 },
        () => new WorkerSupervisor({ engine: this.#deps.name, queue, isolation }, () => this.#optionsOf(queue, isolation), this.#engine),
      )
      this.#supervisors.set(key, supervisors)
      for (const supervisor of supervisors) supervisor.open()
    }
    await Promise.all(supervisors.map((supervisor) => supervisor.opened))
  }

  /** @param {number} slot */
  terminate(slot) {
    for (const thread of this.threads) if (thread.slot === slot) thread.terminate()
  }

  /** @param {number} slot */
  replace(slot) {
    for (const supervisor of this.#all()) if (supervisor.slot === slot) supervisor.replace()
  }

  /** All running threads, including those that were replaced. */
  get threads() {
    return this.#all().flatMap((supervisor) => [...supervisor.threads])
  }

  /** @param {string} queue */
  status(queue) {
    return this.#all(queue).map((supervisor) => supervisor.status)
  }

  /** Engines of the process have started or stopped. */
  enginesChanged() {
    const message = { engines: this.#deps.engines() }
    for (const thread of this.threads) thread.send(message)
  }

  /**
   * Stops the threads of one queue, or all.
   * @param {string} [queue]
   */
  async close(queue) {
    const supervisors = this.#all(queue)
    for (const [key] of [...this.#supervisors]) if (queue === undefined || queueOf(key) === queue) this.#supervisors.delete(key)
    await Promise.all(supervisors.map((supervisor) => supervisor.close()))
  }

  /** The process is exiting. */
  abandon() {
    for (const thread of this.threads) thread.abandon()
  }

  /** @param {string} [queue] */
  #all(queue) {
    return [...this.#supervisors].flatMap(([key, supervisors]) => (queue === undefined || queueOf(key) === queue ? supervisors : []))
  }

  /**
   * The classes of a queue that run in this isolation.
   * @param {string} queue
   * @param {'thread' | 'process'} isolation
   * @param {QueueSettings} settings
   */
  #classesOf(queue, isolation, settings) {
    return registrations().filter((each) => (each.queue ?? 'default') === queue && this.#isolationOf(each, settings) === isolation)
  }

  /**
   * Where the jobs of a class run: without a file, only on the thread that has the class.
   * @param {Registration} registration
   * @param {QueueSettings} settings
   * @returns {Isolation}
   */
  #isolationOf({ filename, isolation }, settings) {
    const engine = this.#deps.isolation
    if (!filename || engine === 'main') return 'main'
    return /** @type {Isolation} */ (isolation ?? settings.isolation ?? engine)
  }

  /**
   * @param {string} queue
   * @param {'thread' | 'process'} isolation
   * @returns {WorkerOptions}
   */
  #optionsOf(queue, isolation) {
    const { id, name, driver, setup, limits, guarded, eventFlags, queues, engines } = this.#deps
    const settings = /** @type {QueueSettings} */ (queues.get(queue))
    const workers = this.#classesOf(queue, isolation, settings).map((each) => each.name)
    return {
      queue,
      isolation,
      exec_argv: settings.exec_argv,
      resource_limits: settings.resource_limits,
      data: {
        engine: id,
        registry: registry(),
        name,
        driver: driver ?? null,
        setup,
        concurrency: Math.ceil(settings.limit / settings.threads),
        workers,
        eventFlags,
        engines: engines(),
        limits: { ...limits, abort_grace: settings.abort_grace, store_logs: settings.store_logs },
        guarded,
        hooks: settings.exec_argv ? [] : requireHooks(),
      },
    }
  }
}

/** @param {string} key */
function queueOf(key) {
  return key.slice(key.indexOf(' ') + 1)
}
