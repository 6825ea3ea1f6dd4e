// EramEngine: the public face of an engine. The engine itself is the addon's; this side gives it threads to perform jobs on,
// hears its events, and ends it in good order.

import { native } from '../addon/native.js'
import { Crons } from '../admin/crons.js'
import { jobsOf } from '../admin/jobs.js'
import { receive, send } from '../admin/messages.js'
import { enqueue, enqueueAll } from '../enqueue/enqueue.js'
import { detached, withTransaction } from '../enqueue/transaction-scope.js'
import { forget } from '../job/class-loader.js'
import { makePlugins } from '../plugins/plugins.js'
import { EramError, shown, translate, translated } from '../shared/errors.js'
import { setPort, state } from '../shared/global-state.js'
import { Started } from './local-engine.js'
import { readEffective, readOptions } from './options.js'

/** @import { EngineFacts } from './attached-engines.js' */
/** @import { Listener, Listeners } from '../events/listeners.js' */
/** @import { Entry } from '../job/registry.js' */
/** @import { Wish } from './options.js' */

/**
 * What an engine's methods work through: the addon itself, or in a thread or child process a way to it.
 * @typedef {object} Means
 * @property {(engine: number, method: string, words: unknown[]) => any} call
 * @property {(grace: number | undefined) => Promise<void>} stop
 * @property {Listeners | undefined} listeners  none where the engine was not started
 * @property {Started} [started]
 */

/** Names whose start is under way. @type {Set<string>} */
const starting = new Set()

export class EramEngine {
  #means

  /**
   * Use EramEngine.start().
   * @param {EngineFacts} facts
   * @param {Means} means
   */
  constructor({ id, name, node, prefix, version, max_args_bytes, notifies, refused = null }, means) {
    this.id = id
    this.name = name
    this.node = node
    this.notifies = notifies
    this.prefix = prefix
    this.version = version
    this.max_args_bytes = max_args_bytes
    /** Why it runs no queue, or null. @type {string | null} */
    this.refused = refused
    this.#means = means
    this.listeners = means.listeners
    this.jobs = jobsOf(this)
    this.cron = new Crons(this)
  }

  /** @param {unknown} [options] */
  static async start(options) {
    if (state.thread) return attachedEngine(options)
    const wish = await readOptions(options)
    const { name } = wish
    if (state.engines.has(name) || starting.has(name)) {
      await wish.driver?.close()
      throw new EramError(
        'ERAM_CONFLICT',
        `engine ${JSON.stringify(name)}: expected no running engine of that name, got one; stop it first, or start another with { name: '…' }`,
      )
    }
    starting.add(name)
    try {
      setPort(native)
      return await detached(() => begin(wish))
    } finally {
      starting.delete(name)
    }
  }

  /** @param {string} [name] */
  static get(name = 'default') {
    const engine = state.engines.get(name)
    if (engine) return /** @type {EramEngine} */ (engine)
    const known = [...state.engines.keys()].map((key) => JSON.stringify(key)).join(', ')
    throw new EramError('ERAM_STOPPED', `engine: expected a running engine, got ${JSON.stringify(name)}; running: ${known || 'none'}`)
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
    return this.#means.stop(grace)
  }

  [Symbol.asyncDispose]() {
    return this.stop()
  }

  /** @param {string | object} queue */
  pause(queue) {
    return this.call('pause', wish(queue))
  }

  /** @param {string | object} queue */
  resume(queue) {
    return this.call('resume', wish(queue))
  }

  /** @param {string | object} queue @param {object} [options] */
  scale(queue, options) {
    return this.call('scale', wish(queue, options))
  }

  /** @param {string | object} queue */
  resetQueue(queue) {
    return this.call('resetQueue', wish(queue))
  }

  /** @param {string | object} queue @param {object} [options] */
  async startQueue(queue, options) {
    const wanted = wish(queue, options)
    await this.call('startQueue', wanted)
    await this.#means.started?.queueChanged(wanted.queue)
  }

  /** @param {string | object} queue @param {object} [options] */
  async stopQueue(queue, options) {
    const wanted = wish(queue, options)
    const answer = await this.call('stopQueue', wanted)
    await this.#means.started?.queueChanged(wanted.queue)
    return answer
  }

  /** @param {string | object} queue @param {object} [options] */
  purge(queue, options) {
    return this.call('purge', wish(queue, options))
  }

  /** @param {string | Record<string, any>} queue */
  async checkQueue(queue) {
    const wanted = wish(queue)
    const answer = await this.call('checkQueue', wanted)
    return answer && { ...answer, ...this.#threadsOf(wanted.queue) }
  }

  /** Every queue that anybody knows, with its jobs and the nodes that serve it. */
  async queues() {
    const queues = await this.call('queues')
    for (const { nodes } of queues) nodes.forEach(startedAt)
    return queues
  }

  /** Every engine that serves queues. */
  async nodes() {
    const nodes = await this.call('nodes')
    nodes.forEach(startedAt)
    return nodes
  }

  /** @param {string | object} queue @param {object} [options] */
  drain(queue, options) {
    return this.call('drain', wish(queue, options))
  }

  /** @param {string} channel @param {Listener} callback @param {Record<string, unknown>} [options] */
  async listen(channel, callback, options = {}) {
    return receive(this, this.#heard('engine.listen'), channel, callback, options)
  }

  /** @param {string} channel @param {unknown} payload @param {Record<string, unknown>} [options] */
  async notify(channel, payload, options = {}) {
    await send(this, channel, payload, options)
  }

  /** @param {string} kind @param {Listener} listener */
  on(kind, listener) {
    if (typeof listener !== 'function') throw new EramError('ERAM_CONFIG', `engine.on: expected a function, got ${shown(listener)}`)
    // In a job thread there is nothing to hear: the engine tells the thread that started it.
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

  /** Who leads the engines of this name. */
  async leader() {
    return withSince(await this.call('leader'))
  }

  /** Has the leader resign, on whatever node that is. */
  async resign() {
    return withSince(await this.call('resign'))
  }

  /** How the engine is: its queues, its notifier, whether it leads. */
  async status() {
    const status = await this.call('status')
    for (const [name, queue] of Object.entries(status.queues)) Object.assign(queue, this.#threadsOf(name))
    return status
  }

  /**
   * A function of the addon on this engine, its options and its answer as JSON.
   * @param {string} method
   * @param {...unknown} words  texts stay as they are, anything else becomes JSON
   */
  async call(method, ...words) {
    const texts = words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word)))
    const answer = await translated(Promise.resolve(translate(() => this.#means.call(this.id, method, texts))))
    return typeof answer === 'string' ? JSON.parse(answer) : answer
  }

  /**
   * A class has been registered while this engine runs.
   * @param {Entry} entry
   */
  registered({ name, registration }) {
    forget([name, ...(registration.aliases ?? [])])
    const { started } = this.#means
    if (started) detached(() => started.registered(registration))
  }

  /** Other engines of the process have come or gone. */
  enginesChanged() {
    this.#means.started?.threads.tellEngines()
  }

  /** @param {string} queue */
  #threadsOf(queue) {
    const { started } = this.#means
    return started && { threads: started.threads.status(queue) }
  }

  /** @param {string} subject */
  #heard(subject) {
    if (this.listeners) return this.listeners
    throw new EramError('ERAM_CONFIG', `${subject}: expected the thread that started the engine, got a job thread`)
  }
}

/** @param {{ since: number } | null} leader */
function withSince(leader) {
  return leader && { ...leader, since: new Date(leader.since) }
}

/** @param {Wish} wish */
async function begin(wish) {
  let id
  let plugins
  try {
    plugins = makePlugins(wish.plugins)
    id = await translated(native.start(wish.config))
  } catch (error) {
    await wish.driver?.close()
    throw error
  }
  const settings = readEffective(wish, native.config(id))
  const { node, prefix, version, max_args_bytes, notifies } = settings
  const { refused } = JSON.parse(native.status(id))
  const facts = { id, name: wish.name, node, prefix, version, max_args_bytes, notifies, refused }
  const started = new Started(facts, wish, settings, plugins)
  const engine = new EramEngine(facts, {
    call: (number, method, words) => /** @type {any} */ (native)[method](number, ...words),
    listeners: started.listeners,
    stop: (grace) => started.stop(grace),
    started,
  })
  state.engines.set(wish.name, engine)
  announce()
  started.onStop(() => {
    if (state.engines.get(wish.name) === engine) state.engines.delete(wish.name)
    announce()
  })
  try {
    await started.open()
  } catch (error) {
    await started.stop(0)
    throw error
  }
  return engine
}

function announce() {
  for (const engine of state.engines.values()) /** @type {EramEngine} */ (engine).enginesChanged()
}

/**
 * In a job thread a file that starts the engine gets the one that runs already. One that its file is only about to start
 * does not exist yet, and can be used by name once it does.
 * @param {unknown} options
 */
function attachedEngine(options) {
  const { name = 'default', prefix = 'public' } = /** @type {{ name?: string, prefix?: string }} */ (options ?? {})
  const running = state.engines.get(name)
  if (running) return /** @type {EramEngine} */ (running)
  const facts = { id: 0, name, node: '', prefix, version: null, max_args_bytes: 0, notifies: true }
  const call = () => {
    throw new EramError(
      'ERAM_STOPPED',
      `engine ${JSON.stringify(name)}: expected it to run in this process, it was not when this thread started`,
    )
  }
  return new EramEngine(facts, { call, listeners: undefined, stop: async () => {} })
}

/**
 * A queue by name, or options that name it.
 * @param {string | Record<string, any>} queue
 * @param {object} [options]
 * @returns {Record<string, any>}
 */
function wish(queue, options) {
  return typeof queue === 'object' ? { ...queue, ...options } : { queue, ...options }
}

/** @param {{ started_at: string | Date }} node */
function startedAt(node) {
  node.started_at = new Date(node.started_at)
}
