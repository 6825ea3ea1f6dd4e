// EramEngine, the public class of an engine: starting and stopping it, enqueueing through it, and listening to it. All else that it
// can be asked to do, such as pause(), is defined from the table of operations. What runs an engine is imported with the first use.

import { argumentText } from '../shared/bounded-json.js'
import { callerOf } from '../shared/caller.js'
import { EramError, translate, translated } from '../shared/errors.js'
import { engineNamed, state } from '../shared/global-state.js'
import { useMiddleware } from '../shared/middleware.js'
import { invalidOption, optionsOf } from '../shared/validate.js'
import { enqueue, enqueueAll, withTransaction } from './job.js'

/** @import { Listeners } from '../events/listeners.js' */
/** @import { JobClass, Registration } from '../job/registry.js' */
/** @import { QueueDefaults } from '../shared/global-state.js' */
/** @import { EngineHost, Options, WebCalls } from '../operations/operation.js' */
/** @import { Listener } from '../shared/worker-listeners.js' */
/** @import { Middleware } from '../shared/middleware.js' */
/** @import { LocalEngine } from './local-engine.js' */

/**
 * What other isolates know of an engine.
 * @typedef {object} EngineInfo
 * @property {number} id
 * @property {string} name
 * @property {string} node
 * @property {string} prefix
 * @property {string | null} version
 * @property {number} max_args_bytes
 * @property {'manual' | 'inline' | 'live' | null} [testing]
 * @property {boolean} notifies  false: its enqueues do not wake producers of other nodes
 * @property {string | null} [queues_disabled]  why it may only enqueue
 * @property {QueueDefaults | null} [queue_defaults]
 */

/**
 * What an engine's methods work through: the addon, or in a job process the host thread.
 * @typedef {object} EngineTransport
 * @property {(engine: number, method: string, args: unknown[]) => any} call
 * @property {(grace: number | undefined) => Promise<void>} stop
 * @property {WebCalls} [webCalls]
 * @property {Listeners | undefined} listeners  none in an isolate that did not start the engine
 * @property {(engine: object, host: EngineHost) => { jobs: object, cron: object }} equip  defines the methods of the table
 * @property {LocalEngine} [local]
 */

export class EramEngine {
  #transport
  #hasWarned = false

  /**
   * Use EramEngine.start().
   * @param {EngineInfo} info
   * @param {EngineTransport} transport
   */
  constructor(
    { id, name, node, prefix, version, max_args_bytes, notifies, queues_disabled = null, queue_defaults = null, testing = null },
    transport,
  ) {
    this.id = id
    this.name = name
    this.node = node
    this.notifies = notifies
    this.prefix = prefix
    this.version = version
    this.max_args_bytes = max_args_bytes
    /** How much of it runs in a test. */
    this.testing = testing
    /** Why it does not run queues, or null. @type {string | null} */
    this.queues_disabled = queues_disabled
    /** Defaults that queues have for their jobs. @type {QueueDefaults | null | undefined} */
    this.queue_defaults = queue_defaults
    this.#transport = transport
    this.listeners = transport.listeners
    const { jobs, cron } = transport.equip(this, this.#host())
    this.jobs = jobs
    this.cron = cron
  }

  /** @param {unknown} [options] */
  static async start(options) {
    // Job threads use the engine of their process.
    const frame = callerOf(EramEngine.start)
    const { stack = '' } = new Error('started')
    if (state.refusedStart) throw state.refusedStart(frame)
    const create = (/** @type {EngineInfo} */ info, /** @type {EngineTransport} */ transport) => new EramEngine(info, transport)
    const { startEngine } = await import('./start.js')
    return startEngine(options, create, frame, stack)
  }

  /** @param {Options} [options] */
  static async migrate(options) {
    const result = await performOnSchema('schema.migrate', options)
    for (const { saw, fix } of result.warnings ?? []) process.emitWarning(`migrate: ${saw}; ${fix}`, 'EramWarning')
    return result
  }

  /** @param {Options} [options] */
  static async environment(options) {
    return performOnSchema('schema.environment', options)
  }

  /**
   * Calls a function of the addon for the schema that the options name.
   * @param {'migrate' | 'environment'} method
   * @param {Options} options
   */
  static async call(method, options) {
    const { callOnSchema } = await import('./schema-host.js')
    return callOnSchema(method, options)
  }

  /** @param {string} [name] */
  static get(name = 'default') {
    return /** @type {EramEngine} */ (engineNamed(name))
  }

  /** @param {unknown} middleware */
  static use(middleware) {
    return useMiddleware(middleware, { subject: 'EramEngine.use', place: 'isolate' })
  }

  /** @param {Function | string} worker @param {unknown} [args] @param {Record<string, unknown>} [options] */
  static async enqueue(worker, args, options) {
    return enqueue(worker, args, options)
  }

  /** @param {Iterable<unknown>} drafts @param {Record<string, unknown>} [options] */
  static async enqueueAll(drafts, options) {
    return enqueueAll(drafts, options)
  }

  /**
   * @template T
   * @param {unknown} tx
   * @param {() => T | Promise<T>} fn
   * @param {{ engine?: string }} [options]
   */
  static async withTransaction(tx, fn, options) {
    return withTransaction(tx, fn, options)
  }

  /** @param {unknown} middleware */
  use(middleware) {
    const drop = useMiddleware(middleware, { subject: 'engine.use', place: 'engine', engine: this.name })
    this.#warnOfThreads(/** @type {Middleware} */ (middleware))
    return drop
  }

  /** @param {Function | string} worker @param {unknown} [args] @param {Record<string, unknown>} [options] */
  async enqueue(worker, args, options) {
    return enqueue(worker, args, { ...options, engine: options?.engine ?? this })
  }

  /** @param {Iterable<unknown>} drafts @param {Record<string, unknown>} [options] */
  async enqueueAll(drafts, options) {
    return enqueueAll(drafts, { ...options, engine: options?.engine ?? this })
  }

  /**
   * @template T
   * @param {unknown} tx
   * @param {() => T | Promise<T>} fn
   */
  async withTransaction(tx, fn) {
    return withTransaction(tx, fn, { engine: this.name, prefix: this.prefix })
  }

  /** @param {{ grace?: number }} [options] */
  stop({ grace } = {}) {
    return this.#transport.stop(grace)
  }

  [Symbol.asyncDispose]() {
    return this.stop()
  }

  /** @param {string} channel @param {Listener} callback @param {Record<string, unknown>} [options] */
  async listen(channel, callback, options = {}) {
    const listeners = this.#listenersFor('engine.listen')
    const { receive } = await import('../operations/index.js')
    return receive(this, listeners, channel, callback, options)
  }

  /** @param {string} kind @param {Listener} listener @param {{ args?: boolean, scope?: 'local' | 'cluster' }} [options] */
  on(kind, listener, options = {}) {
    if (typeof kind !== 'string') throw invalidOption('engine.on', 'the name of an event', kind)
    if (typeof listener !== 'function') throw invalidOption('engine.on', 'a function', listener)
    const { args, scope = 'local' } = optionsOf(options, 'engine.on', 'ERAM_CONFIG')
    if (args !== undefined && typeof args !== 'boolean') throw invalidOption('engine.on: args', 'true or false', args)
    if (scope !== 'local' && scope !== 'cluster') throw invalidOption('engine.on: scope', "'local' or 'cluster'", scope)
    if (scope === 'cluster') {
      if (args === true) throw invalidOption('engine.on: args', 'none with scope "cluster"; they are not sent', args)
      this.#listenersFor('engine.on').onCluster(kind, listener)
      return this
    }
    // A job thread receives no events: the engine emits them to the thread that started it.
    this.listeners?.on(kind, listener, { args })
    return this
  }

  /** @param {string} kind @param {Listener} listener */
  off(kind, listener) {
    this.listeners?.off(kind, listener)
    return this
  }

  /** @param {string} kind @param {Listener} listener @param {{ args?: boolean, scope?: 'local' | 'cluster' }} [options] */
  once(kind, listener, options) {
    /** @type {Listener} */
    const first = (event) => {
      this.off(kind, first)
      return listener(event)
    }
    return this.on(kind, first, options)
  }

  /**
   * Calls a function of the addon for this engine, with arguments and answer as JSON.
   * @param {string} method
   * @param {...unknown} args  strings are passed as they are, anything else as JSON
   */
  async call(method, ...args) {
    const answer = await this.#answer(method, args)
    return typeof answer === 'string' ? JSON.parse(answer) : answer
  }

  /** @param {string} method @param {unknown[]} args @returns {Promise<any>} */
  async #answer(method, args) {
    const texts = args.map((arg) => argumentText(arg, method))
    return translated(Promise.resolve(translate(() => this.#transport.call(this.id, method, texts))))
  }

  /**
   * A class is about to be registered while this engine runs.
   * @param {Registration} options
   * @param {Function} type
   */
  checkClass(options, type) {
    this.#transport.local?.pool.checkConstructor(options, type)
  }

  /**
   * A class has been registered while this engine runs.
   * @param {JobClass} job
   */
  registered({ registration }) {
    const { local } = this.#transport
    local?.registered(registration)
  }

  /** Engines of the process have started or stopped. */
  enginesChanged() {
    this.#transport.local?.pool.enginesChanged()
  }

  /** @returns {EngineHost} */
  #host() {
    const { id, name, node, prefix } = this
    const { local, webCalls } = this.#transport
    return {
      ...{ id, name, node, prefix, ...(webCalls && { webCalls }) },
      call: (method, ...args) => this.call(method, ...args),
      answer: (method, ...args) => this.#answer(method, args),
      log: (message) => this.listeners?.emit({ event: 'engine:log', level: 'info', message }),
      threads: (queue) => local?.pool.status(queue),
      isStopping: () => local?.isStopping ?? false,
      queueChanged: async (queue) => local?.queueChanged(queue),
    }
  }

  /** Once, if jobs run where middleware that was given here does not apply. @param {Middleware} middleware */
  #warnOfThreads({ attempt, perform }) {
    if ((!attempt && !perform) || this.#hasWarned || !this.#transport.local?.pool.threads.length) return
    this.#hasWarned = true
    const message =
      'engine.use: expected attempt and perform of middleware where jobs run, got them on the main thread, while classes have threads or ' +
      'processes of their own; a setup file has them everywhere: setup: new URL("./eram.setup.js", import.meta.url)'
    this.listeners?.emit({ event: 'engine:log', level: 'warn', message })
  }

  /** @param {string} subject */
  #listenersFor(subject) {
    if (this.listeners) return this.listeners
    throw new EramError('ERAM_CONFIG', `${subject}: expected the thread that started the engine, got a job thread`)
  }
}

/**
 * Gives what a config file exports as it is: only its type matters.
 * @template Config
 * @param {Config} config
 * @returns {Config}
 */
export const defineConfig = (config) => config

/** @param {string} name @param {Options | undefined} options */
async function performOnSchema(name, options) {
  const { operationNamed, perform } = await import('../operations/index.js')
  return perform(operationNamed(name), EramEngine, options)
}
