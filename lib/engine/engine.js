// EramEngine, the public class of an engine. Its methods call the addon; in the isolate that started the engine they also reach
// the threads, listeners and plugins of this side.

import { native } from '../addon/index.js'
import { Crons, Jobs, receive, send } from '../admin/index.js'
import { detached, enqueue, enqueueAll, withTransaction } from '../enqueue/index.js'
import { forget } from '../job/index.js'
import { EramError, translate, translated } from '../shared/errors.js'
import { engineNamed } from '../shared/global-state.js'
import { withDates } from '../shared/job-row.js'
import { invalidOption } from '../shared/validate.js'
import { readOptions } from './options.js'
import { startEngine } from './start.js'

/** @import { Listener, Listeners } from '../events/listeners.js' */
/** @import { JobClass } from '../job/registry.js' */
/** @import { EngineInfo } from './attached-engines.js' */
/** @import { LocalEngine } from './local-engine.js' */

/**
 * What an engine's methods work through: the addon, or in a job process the host thread.
 * @typedef {object} EngineTransport
 * @property {(engine: number, method: string, args: unknown[]) => any} call
 * @property {(grace: number | undefined) => Promise<void>} stop
 * @property {Listeners | undefined} listeners  none in an isolate that did not start the engine
 * @property {LocalEngine} [local]
 */

export class EramEngine {
  #transport

  /**
   * Use EramEngine.start().
   * @param {EngineInfo} info
   * @param {EngineTransport} transport
   */
  constructor({ id, name, node, prefix, version, max_args_bytes, notifies, queues_disabled = null }, transport) {
    this.id = id
    this.name = name
    this.node = node
    this.notifies = notifies
    this.prefix = prefix
    this.version = version
    this.max_args_bytes = max_args_bytes
    /** Why it does not run queues, or null. @type {string | null} */
    this.queues_disabled = queues_disabled
    this.#transport = transport
    this.listeners = transport.listeners
    this.jobs = new Jobs(this)
    this.cron = new Crons(this)
  }

  /** @param {unknown} [options] */
  static async start(options) {
    return startEngine(options, (info, transport) => new EramEngine(info, transport))
  }

  /** @param {string} [name] */
  static get(name = 'default') {
    return /** @type {EramEngine} */ (engineNamed(name))
  }

  /** @param {Record<string, unknown>} [options] */
  static async migrate(options = {}) {
    const { config, driver } = await readOptions(options)
    try {
      const { name: _, node: __, ...rest } = JSON.parse(config)
      return JSON.parse(await translated(native.migrate(JSON.stringify(rest))))
    } finally {
      await driver?.close()
    }
  }

  /** @param {Record<string, unknown>} [options] */
  static async environment({ set, force, ...options } = {}) {
    const { config } = await readOptions(options)
    const { name: _, node: __, ...rest } = JSON.parse(config)
    return JSON.parse(await translated(native.environment(JSON.stringify({ ...rest, set, force }))))
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

  /** @param {Function | string} worker @param {unknown} [args] @param {Record<string, unknown>} [options] */
  async enqueue(worker, args, options) {
    return enqueue(worker, args, { engine: this, ...options })
  }

  /** @param {Iterable<unknown>} drafts @param {Record<string, unknown>} [options] */
  async enqueueAll(drafts, options) {
    return enqueueAll(drafts, { engine: this, ...options })
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

  /** @param {string | object} queue */
  pause(queue) {
    return this.call('pause', target(queue))
  }

  /** @param {string | object} queue */
  resume(queue) {
    return this.call('resume', target(queue))
  }

  /** @param {string | object} queue @param {object} [options] */
  scale(queue, options) {
    return this.call('scale', target(queue, options))
  }

  /** @param {string | object} queue */
  resetQueue(queue) {
    return this.call('resetQueue', target(queue))
  }

  /** @param {string | object} queue @param {object} [options] */
  async startQueue(queue, options) {
    const queueTarget = target(queue, options)
    await this.call('startQueue', queueTarget)
    await this.#transport.local?.queueChanged(queueTarget.queue)
  }

  /** @param {string | object} queue @param {object} [options] */
  async stopQueue(queue, options) {
    const queueTarget = target(queue, options)
    const answer = await this.call('stopQueue', queueTarget)
    await this.#transport.local?.queueChanged(queueTarget.queue)
    return answer
  }

  /** @param {string | object} queue @param {object} [options] */
  purge(queue, options) {
    return this.call('purge', target(queue, options))
  }

  /** @param {string | Record<string, any>} queue */
  async checkQueue(queue) {
    const queueTarget = target(queue)
    const answer = await this.call('checkQueue', queueTarget)
    return answer && { ...answer, ...this.#threadsOf(queueTarget.queue) }
  }

  /** All queues that are known, with their jobs and the nodes that serve them. */
  async queues() {
    const queues = await this.call('queues')
    for (const { nodes } of queues) for (const node of nodes) withDates(node, ['started_at'])
    return queues
  }

  /** All engines that serve queues. */
  async nodes() {
    const nodes = await this.call('nodes')
    for (const node of nodes) withDates(node, ['started_at'])
    return nodes
  }

  /** @param {string | object} queue @param {object} [options] */
  drain(queue, options) {
    return this.call('drain', target(queue, options))
  }

  /** @param {string} channel @param {Listener} callback @param {Record<string, unknown>} [options] */
  async listen(channel, callback, options = {}) {
    return receive(this, this.#listenersFor('engine.listen'), channel, callback, options)
  }

  /** @param {string} channel @param {unknown} payload @param {Record<string, unknown>} [options] */
  async notify(channel, payload, options = {}) {
    await send(this, channel, payload, options)
  }

  /** @param {string} kind @param {Listener} listener */
  on(kind, listener) {
    if (typeof listener !== 'function') throw invalidOption('engine.on', 'a function', listener)
    // A job thread receives no events: the engine emits them to the thread that started it.
    this.listeners?.on(kind, listener)
    return this
  }

  /** @param {string} kind @param {Listener} listener */
  off(kind, listener) {
    this.listeners?.off(kind, listener)
    return this
  }

  /** @param {string} kind @param {Listener} listener */
  once(kind, listener) {
    /** @type {Listener} */
    const first = (event) => {
      this.off(kind, first)
      return listener(event)
    }
    return this.on(kind, first)
  }

  /** The leader among the engines of this name. */
  async leader() {
    return withDates(await this.call('leader'), ['since'])
  }

  /** Makes the leader step down, on any node. */
  async resignLeader() {
    return withDates(await this.call('resignLeader'), ['since'])
  }

  /** The state of this engine: its queues, its notifier, whether it leads. */
  async status() {
    const status = await this.call('status')
    for (const [name, queue] of Object.entries(status.queues)) Object.assign(queue, this.#threadsOf(name))
    return status
  }

  /**
   * Calls a function of the addon for this engine, with arguments and answer as JSON.
   * @param {string} method
   * @param {...unknown} args  strings are passed as they are, anything else as JSON
   */
  async call(method, ...args) {
    const texts = args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg)))
    const answer = await translated(Promise.resolve(translate(() => this.#transport.call(this.id, method, texts))))
    return typeof answer === 'string' ? JSON.parse(answer) : answer
  }

  /**
   * A class has been registered while this engine runs.
   * @param {JobClass} job
   */
  registered({ name, registration }) {
    forget([name, ...(registration.aliases ?? [])])
    const { local } = this.#transport
    if (local) detached(() => local.registered(registration))
  }

  /** Engines of the process have started or stopped. */
  enginesChanged() {
    this.#transport.local?.pool.enginesChanged()
  }

  /** @param {string} queue */
  #threadsOf(queue) {
    const { local } = this.#transport
    return local && { threads: local.pool.status(queue) }
  }

  /** @param {string} subject */
  #listenersFor(subject) {
    if (this.listeners) return this.listeners
    throw new EramError('ERAM_CONFIG', `${subject}: expected the thread that started the engine, got a job thread`)
  }
}

/**
 * The argument of operations on a queue, which is given by name or in an object of options.
 * @param {string | Record<string, any>} queue
 * @param {object} [options]
 * @returns {Record<string, any>}
 */
function target(queue, options) {
  return typeof queue === 'object' ? { ...queue, ...options } : { queue, ...options }
}
