// An engine in the isolate that started it: its job threads, this thread's own slots at the queues, its listeners and plugins,
// and the handle that keeps the process alive until the engine stops.

import { native } from '../addon/index.js'
import { detached, handOverCounts } from '../enqueue/index.js'
import { EVENT_FLAGS, EventLog, isWanted, Listeners } from '../events/index.js'
import { JobServices, Slot } from '../perform/index.js'
import { PluginRunners } from '../plugins/index.js'
import { isOwnContext } from '../shared/context.js'
import { translate, translated } from '../shared/errors.js'
import { state } from '../shared/global-state.js'
import { jobWithDates } from '../shared/job-row.js'
import { kill } from '../shared/process-tree.js'
import { clearInterval, monotonic, setInterval } from '../shared/timers.js'
import { waitAtMost } from '../shared/wait.js'
import { MemoryGuard, WorkerPool } from '../workers/index.js'
import { Directives } from './directives.js'
import { reportEvents } from './error-events.js'
import { LocalQueues } from './local-queues.js'
import { queueDefaults } from './options.js'
import { unwatch, watch } from './process-signals.js'
import { UnstoppedWarning } from './unstopped-warning.js'

/** @import { EngineEvent } from '../shared/worker-listeners.js' */
/** @import { Registration } from '../job/registry.js' */
/** @import { Limits } from '../perform/runner.js' */
/** @import { Plugin } from '../plugins/plugin-runner.js' */
/** @import { Setup } from '../shared/setup.js' */
/** @import { Otel } from '../telemetry/otel.js' */
/** @import { EngineInfo } from './engine.js' */
/** @import { EngineSettings, ParsedOptions } from './options.js' */

/** Milliseconds for the engine to hand its jobs back when the process exits. */
const EXIT_TIMEOUT = 2000
/** Milliseconds between two checks for new subscribers of diagnostics_channel, and for dropped events that are yet to be reported. */
const REFRESH_INTERVAL = 5000

export class LocalEngine {
  #info
  #settings
  #services
  #plugins
  #queues
  #directives
  #unstopped
  #closeDriver
  #eventFlags = new Int32Array(new SharedArrayBuffer(EVENT_FLAGS.length * Int32Array.BYTES_PER_ELEMENT))
  /** The one handle that keeps the process alive while the engine runs. @type {NodeJS.Timeout} */
  #keepAlive
  /** @type {MemoryGuard | undefined} */
  #memoryGuard
  /** @type {Promise<void> | undefined} */
  #stopping
  /** @type {(() => void)[]} */
  #onStop = []
  /** Processes that jobs of this thread have adopted. @type {Set<number>} */
  #adopted = new Set()

  /**
   * @param {EngineInfo} info
   * @param {ParsedOptions} options
   * @param {EngineSettings} settings
   * @param {{ plugins: Plugin[], setup: Setup, otel?: Otel | undefined, frame: string | undefined }} started  `frame`: where, a line of a stack trace
   */
  constructor(info, options, settings, { plugins, setup, otel, frame }) {
    this.#info = info
    this.#settings = settings
    const log = options.logger ? new EventLog(options.logger, { engine: info.name, node: settings.node }) : undefined
    this.#unstopped = new UnstoppedWarning(info.name, frame, log)
    const { driver } = options
    const { isolation, limits, max_rss, queues } = settings
    const connections = [...queues.values()].reduce((sum, { limit }) => sum + limit, 1)
    const open = driver && (() => driver.open(connections))
    const place = /** @type {const} */ ({ engine: info.name, isolate: 'main', queue: null })
    this.#services = new JobServices({ ...place, open, enqueues: driver?.enqueues, setup, onError: options.onError })
    this.#closeDriver = async () => driver?.close()
    const callbacks = { subscribe: (/** @type {string} */ text) => this.#subscribe(text), changed: () => this.#publishInterest() }
    this.listeners = new Listeners(callbacks, log)
    if (otel) this.listeners.on('job:exception', otel.lost, { args: false })
    if (otel?.settled) this.listeners.on('ack:flush', otel.settled)
    const emit = (/** @type {any} */ event) => this.#emit(event)
    const guarded = max_rss !== null
    const eventFlags = this.#eventFlags
    const shared = { ...info, driver: driver?.spec, setup: options.setup, create: setup.create, otel: options.otel }
    const deps = { ...shared, limits, guarded, isolation, queues, eventFlags, engines: engineInfos }
    this.pool = new WorkerPool(deps, { emit, stopEngine: stopById })
    this.#queues = new LocalQueues({
      settings,
      pool: this.pool,
      attach: (queue, limits) => this.#attach(queue, limits),
      emit,
      opened: (queue, given) => this.#opened(queue, given),
    })
    const isStopping = () => this.isStopping
    this.#plugins = this.#preparePlugins(plugins)
    const targets = { queues: this.#queues, pool: this.pool, plugins: this.#plugins }
    this.#directives = new Directives({ engine: info.name, ...targets, emit, isStopping })
    this.#keepAlive = setInterval(() => this.#refresh(), REFRESH_INTERVAL)
    // A test runner's context ends when its file does.
    if (!isOwnContext) this.#keepAlive.unref()
    if (guarded) this.#memoryGuard = new MemoryGuard(max_rss, this.pool, emit)
    watch(this, options)
  }

  /** Attaches to the queues, waits until every thread has loaded its files, and starts to fetch jobs. */
  async open() {
    const { id } = this.#info
    reportEvents(this.listeners, this.#services.reports)
    this.listeners.refresh()
    this.#directives.open(id, this.#unstopped.line)
    this.#queues.attachAll()
    await this.pool.open()
    await translated(native().open(id))
  }

  /** @param {() => void} callback */
  onStop(callback) {
    this.#onStop.push(callback)
  }

  /**
   * @param {number} [grace]  milliseconds
   * @returns {Promise<void>}
   */
  stop(grace = this.#settings.grace) {
    this.#stopping ??= this.#stop(grace)
    return this.#stopping
  }

  get isStopping() {
    return this.#stopping !== undefined
  }

  /** The process is exiting: the engine hands its claimed jobs back, and adopted processes are killed. */
  abandon() {
    if (!this.#stopping) this.#unstopped.write()
    try {
      native().exitSync(this.#info.id, EXIT_TIMEOUT)
    } catch (error) {
      process.emitWarning(/** @type {Error} */ (error))
    }
    // Afterwards, because the exit of a process would settle its job.
    this.pool.abandon()
    for (const pid of this.#adopted) kill(pid)
  }

  /**
   * A class has been registered.
   * @param {Registration} registration
   */
  registered(registration) {
    // A thread that cannot start is tried again; checkQueue() shows the reason.
    // In no transaction, as the threads outlive the call.
    detached(() => this.pool.startFor(registration).catch(() => {}))
  }

  /**
   * Settles when the last change of a queue is done here.
   * @param {string} queue
   */
  queueChanged(queue) {
    this.#directives.drain()
    return this.#queues.changed(queue)
  }

  /** @param {number} grace */
  async #stop(grace) {
    const { id } = this.#info
    const begun = monotonic()
    const remaining = () => {
      const elapsed = Math.round(monotonic() - begun)
      return elapsed > 0 ? Math.max(grace - elapsed, 0) : grace
    }
    const plugins = this.#plugins.stop()
    // Plugins stop before the engine, because a tick may use it, and because no other node should lead meanwhile. A plugin that
    // hangs takes at most a third of the grace period.
    await waitAtMost(plugins, Math.min(this.#settings.limits.abort_grace, grace / 3))
    handOverCounts()
    try {
      this.#directives.carryOut(await translated(native().stop(id, remaining())))
    } finally {
      await waitAtMost(plugins, remaining())
      for (const plugin of this.#plugins.abandon()) {
        const message = `plugin ${plugin}: expected it to end within the grace period, it is still running`
        this.#emit({ event: 'engine:log', level: 'warn', plugin, message })
      }
      await Promise.all([this.pool.close(), this.#queues.hooksDone()])
      this.#queues.detachAll()
      await this.#services.close()
      await this.#closeDriver()
      this.#directives.close()
      clearInterval(this.#keepAlive)
      this.#memoryGuard?.stop()
      unwatch(this)
      for (const callback of this.#onStop) callback()
    }
  }

  /** @param {Plugin[]} plugins */
  #preparePlugins(plugins) {
    const { id, name } = this.#info
    return new PluginRunners(plugins, this.#settings.plugins, {
      engine: () => state.engines.get(name),
      leads: () => isLeading(id),
      emit: (event) => this.#emit(event),
      ended: (plugin, end) => native().pluginEnded(id, plugin, end),
    })
  }

  /** @param {string} queue @param {Partial<Limits>} limits  of the queue */
  #attach(queue, limits) {
    return new Slot(this.#info.id, queue, 'main', {
      ...this.#services.deps,
      limits: { ...this.#settings.limits, ...limits },
      emit: (event) => this.#emit(/** @type {EngineEvent} */ (event)),
      isWanted: (kind, level) => isWanted(this.#eventFlags, kind, level),
      adopted: (pid) => this.#adopted.add(pid),
      released: (pid) => this.#adopted.delete(pid),
      stop: () => {},
    })
  }

  /**
   * A queue was started at runtime; its defaults hold from now on for what this process enqueues.
   * @param {string} queue
   * @param {Record<string, any>} options
   */
  #opened(queue, options) {
    const engine = state.engines.get(this.#info.name)
    const defaults = queueDefaults({ [queue]: options })
    if (!engine || !defaults) return
    engine.queue_defaults = { ...engine.queue_defaults, ...defaults }
    this.pool.enginesChanged()
  }

  /** @param {EngineEvent} event */
  #emit(event) {
    if (event.job) jobWithDates(event.job)
    if (typeof event.since === 'number') event.since = new Date(event.since)
    this.listeners.emit(event)
  }

  #refresh() {
    this.listeners.refresh()
    this.#directives.drain()
  }

  /** Tells job threads which of their own events are wanted. */
  #publishInterest() {
    for (const [i, kind] of EVENT_FLAGS.entries()) Atomics.store(this.#eventFlags, i, this.listeners.leastRank(kind))
  }

  /** @param {string} subscription */
  #subscribe(subscription) {
    if (!this.#stopping) translate(() => native().subscribe(this.#info.id, subscription))
  }
}

/** The engines of this process, for job threads. @returns {EngineInfo[]} */
function engineInfos() {
  return [...state.engines.values()].map((engine) => {
    const {
      id,
      name,
      node = '',
      prefix,
      version = null,
      max_args_bytes = 0,
      notifies = true,
      queues_disabled = null,
      queue_defaults,
    } = engine
    return { id, name, node, prefix, version, max_args_bytes, notifies, queues_disabled, queue_defaults }
  })
}

/** @param {number} id */
function isLeading(id) {
  try {
    return JSON.parse(native().status(id)).leading
  } catch {
    // The engine has stopped.
    return false
  }
}

/**
 * @param {number} id
 * @param {number | undefined} grace
 */
async function stopById(id, grace) {
  for (const engine of state.engines.values()) {
    if (engine.id === id) await /** @type {{ stop?: (options: { grace?: number }) => Promise<void> }} */ (engine).stop?.({ grace })
  }
}
