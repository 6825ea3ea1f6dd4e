// The job threads of one engine: which queues need threads, for which classes, and the engine's orders to terminate or replace
// them.

import { registry } from '../addon/index.js'
import { findWorker } from '../job/index.js'
import { checkConstructor, registrations } from '../loading/index.js'
import { EramError } from '../shared/errors.js'
import { requireHooks } from '../shared/hooks.js'
import { ThreadGroup } from './thread-group.js'

/** @import { DriverSpec } from '../drivers/spec.js' */
/** @import { EngineInfo } from '../engine/engine.js' */
/** @import { Isolation, QueueSettings } from '../engine/options.js' */
/** @import { Registration } from '../job/registry.js' */
/** @import { Limits } from '../perform/runner.js' */
/** @import { OtelOptions } from '../telemetry/options.js' */
/** @import { RequireHook } from '../shared/hooks.js' */
/** @import { ThreadInfo } from './supervisor.js' */
/** @import { GroupOptions } from './thread-group.js' */
/** @import { EngineCallbacks, QueueData, WorkerOptions } from './worker-thread.js' */

/**
 * What a job thread, a host thread or a job process gets at its start.
 * @typedef {object} IsolateData
 * @property {number} engine
 * @property {string} name  of the engine
 * @property {string | null} queue  null: of a thread group
 * @property {string | null} group
 * @property {string} of  its queue or group, in messages
 * @property {QueueData[]} queues  that it serves at first
 * @property {boolean} strict  it does not start if a file cannot be loaded; else the jobs of that class fail
 * @property {number} registry  with the classes of the engine's environment
 * @property {string[]} workers  whose files are loaded at once; others are loaded with their first job
 * @property {EngineInfo[]} engines
 * @property {DriverSpec | null} driver
 * @property {string[]} setup  paths of files that are imported first
 * @property {OtelOptions | undefined} otel  makes spans of what runs here
 * @property {number} concurrency  jobs that it may run at once
 * @property {boolean} guarded  whether to publish its memory
 * @property {Int32Array} eventFlags  which of EVENT_FLAGS have a listener
 * @property {Float64Array} memory  see MEMORY in worker-thread.js
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
 * @property {OtelOptions | undefined} otel
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
  /** By isolation, and queue or group. @type {Map<string, ThreadGroup>} */
  #groups = new Map()

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
    const settings = this.#deps.queues.get(queue)
    if (!settings) return
    const { group, threads } = settings
    const key = JSON.stringify([isolation, group === null ? 'queue' : 'group', group ?? queue])
    let serving = this.#groups.get(key)
    if (!serving) {
      const info = { engine: this.#deps.name, queue: group === null ? queue : null, group, isolation }
      /** @type {GroupOptions} */
      const options = {
        thread: (queues, isFirst) => this.#optionsOf(info, queues, isFirst),
        queue: (joining) => ({ queue: this.#dataOf(joining), concurrency: this.#concurrencyOf(info) }),
      }
      serving = new ThreadGroup(info, this.#membersOf(queue, isolation, settings), options, this.#engine)
      this.#groups.set(key, serving)
    }
    await serving.serve(queue, this.#hasOwnJobs(queue, isolation, settings) ? threads : 1)
  }

  /**
   * Whether jobs of the queue run in this isolation. Otherwise its processes get only quarantined jobs, one at a time.
   * @param {string} queue
   * @param {'thread' | 'process'} isolation
   * @param {QueueSettings} settings
   */
  #hasOwnJobs(queue, isolation, settings) {
    const usual = settings.isolation ?? this.#deps.isolation
    return isolation === 'thread' || usual === 'process' || this.#classesOf(queue, isolation, settings).length > 0
  }

  /**
   * The queues that new threads serve at first: those of the group that have classes, so that these are loaded at once.
   * @param {string} queue
   * @param {'thread' | 'process'} isolation
   * @param {QueueSettings} settings
   */
  #membersOf(queue, isolation, { group }) {
    if (group === null) return [queue]
    const others = [...this.#deps.queues].filter(
      ([name, it]) => it.group === group && name !== queue && this.#classesOf(name, isolation, it).length > 0,
    )
    return [queue, ...others.map(([name]) => name)]
  }

  /** @param {number} slot */
  terminate(slot) {
    for (const thread of this.threads) if (thread.has(slot)) thread.terminate()
  }

  /** @param {number} slot */
  replace(slot) {
    for (const supervisor of this.#all()) if (supervisor.has(slot)) supervisor.replace()
  }

  /** All running threads, including those that were replaced. */
  get threads() {
    return this.#all().flatMap((supervisor) => [...supervisor.threads])
  }

  /** @param {string} queue */
  status(queue) {
    return [...this.#groups.values()].filter((group) => group.serves(queue)).flatMap((group) => group.status(queue))
  }

  /** Engines of the process have started or stopped. */
  enginesChanged() {
    const message = { engines: this.#deps.engines() }
    for (const thread of this.threads) thread.send(message)
  }

  /**
   * Stops the threads of one queue, unless others use them, or all.
   * @param {string} [queue]
   */
  async close(queue) {
    const affected = [...this.#groups].filter(([, group]) => queue === undefined || group.serves(queue))
    await Promise.all(
      affected.map(async ([key, group]) => {
        if (queue !== undefined && !group.isOnly(queue)) return group.leave(queue)
        this.#groups.delete(key)
        await group.close()
      }),
    )
  }

  /** The process is exiting. */
  abandon() {
    for (const thread of this.threads) thread.abandon()
  }

  #all() {
    return [...this.#groups.values()].flatMap((group) => group.supervisors)
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
   * A queue, as a thread gets it.
   * @param {string} queue
   * @returns {QueueData}
   */
  #dataOf(queue) {
    const { limits, queues } = this.#deps
    const { abort_grace, store_logs, measure } = /** @type {QueueSettings} */ (queues.get(queue))
    return { queue, limits: { ...limits, abort_grace, store_logs, measure } }
  }

  /** Jobs that a thread may run at once, of all its queues. @param {ThreadInfo} info */
  #concurrencyOf({ queue, group }) {
    const all = [...this.#deps.queues].filter(([name, it]) => (group === null ? name === queue : it.group === group))
    return all.reduce((sum, [, { limit, threads }]) => sum + Math.ceil(limit / threads), 0)
  }

  /** @param {ThreadInfo} info @param {string[]} queues @param {boolean} isFirst @returns {WorkerOptions} */
  #optionsOf(info, queues, isFirst) {
    const { id, name, driver, setup, otel, guarded, eventFlags, engines } = this.#deps
    const { queue, group, isolation } = info
    const served = queues.filter((each) => this.#deps.queues.has(each))
    const settingsOf = (/** @type {string} */ each) => /** @type {QueueSettings} */ (this.#deps.queues.get(each))
    // The same in all queues of a group.
    const { exec_argv, resource_limits } = settingsOf(/** @type {string} */ (served[0]))
    const workers = served.flatMap((each) => this.#classesOf(each, isolation, settingsOf(each)).map((it) => it.name))
    return {
      queue,
      group,
      queues: served.map((each) => this.#dataOf(each)),
      isolation,
      exec_argv,
      resource_limits,
      data: {
        engine: id,
        registry: registry(),
        name,
        driver: driver ?? null,
        setup,
        otel,
        concurrency: this.#concurrencyOf(info),
        workers,
        // Else a file that cannot be loaded would keep the other queues from starting again.
        strict: group === null || isFirst,
        eventFlags,
        engines: engines(),
        guarded,
        hooks: exec_argv ? [] : requireHooks(),
      },
    }
  }
}
