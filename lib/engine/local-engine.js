// An engine in the environment that started it: its job threads, this thread's own places at the queues, the orders that it
// gives, and what keeps the process alive until it is stopped.

import { native } from '../addon/native.js'
import { EARS, Listeners } from '../events/listeners.js'
import { Workshop } from '../perform/services.js'
import { Slot } from '../perform/slot.js'
import { atMost, Plugins } from '../plugins/plugins.js'
import { translated } from '../shared/errors.js'
import { state } from '../shared/global-state.js'
import { withDates } from '../shared/job-row.js'
import { kill } from '../shared/process-tree.js'
import { headline } from '../shared/serialize.js'
import { MemoryGuard } from '../workers/memory-guard.js'
import { Threads } from '../workers/pool.js'
import { execArgv, queueSettings } from './options.js'
import { unwatch, watch } from './process-signals.js'

/** @import { EngineFacts } from './attached-engines.js' */
/** @import { EngineEvent } from '../events/listeners.js' */
/** @import { Registration } from '../job/registry.js' */
/** @import { Settings, Wish } from './options.js' */
/** @import { Plugin } from '../plugins/plugin-runner.js' */

/** @typedef {{ do: string, slot?: number, queue?: string, isolation?: 'thread' | 'process', plugin?: string, options?: Record<string, any> }} Directive */

const EXIT_PATIENCE = 2000
const LOOK_AGAIN = 5000

/** Where lines go that nobody asked for: what an operator must see. @type {import('./options.js').Logger} */
const WARNINGS = {
  warn: (message) => console.warn(`eramjs: ${message}`),
  error: (message) => console.error(`eramjs: ${message}`),
}

export class Started {
  #facts
  #settings
  #workshop
  #plugins
  #closeDriver
  #ears = new Int32Array(new SharedArrayBuffer(EARS.length * 4))
  /** This thread's places, by queue. @type {Map<string, Slot>} */
  #slots = new Map()
  /** What is under way with queues that start or end at runtime. @type {Map<string, Promise<void>>} */
  #changes = new Map()
  #control = 0
  /** @type {NodeJS.Timeout} */
  #pulse
  /** @type {MemoryGuard | undefined} */
  #guard
  /** @type {Promise<void> | undefined} */
  #stopping
  /** @type {(() => void)[]} */
  #stopped = []
  /** Processes that stand for jobs of this thread. @type {Set<number>} */
  #adopted = new Set()

  /**
   * @param {EngineFacts} facts
   * @param {Wish} wish
   * @param {Settings} settings
   * @param {Plugin[]} plugins
   */
  constructor(facts, wish, settings, plugins) {
    this.#facts = facts
    this.#settings = settings
    const { driver } = wish
    const size = [...settings.queues.values()].reduce((sum, { limit }) => sum + limit, 1)
    this.#workshop = new Workshop({ engine: facts.name, open: driver && (() => driver.open(size)), enqueues: driver?.enqueues })
    this.#closeDriver = async () => driver?.close()
    this.listeners = new Listeners({ subscribe: (kinds) => this.#subscribe(kinds), changed: () => this.#prick() })
    const parent = {
      report: (/** @type {any} */ event) => this.#emit(event),
      stopEngine: (/** @type {number} */ id, /** @type {number | undefined} */ grace) => stopById(id, grace),
    }
    const { limits, max_rss, queues } = settings
    const guarded = max_rss !== null
    this.threads = new Threads({ ...facts, driver: driver?.spec, limits, guarded, queues, ears: this.#ears, engines: allFacts }, parent)
    // The one handle that keeps the process alive while the engine runs; subscribers of diagnostics_channel are looked for
    // by the way, because they come without a word.
    this.#pulse = setInterval(() => this.listeners.refresh(), LOOK_AGAIN)
    if (guarded) this.#guard = new MemoryGuard(max_rss, this.threads, parent.report)
    this.#logTo(wish.logger)
    this.#plugins = this.#prepare(plugins)
    watch(this, wish)
  }

  /** Takes places at the queues; resolves when every thread has loaded its files, and lets the jobs come. */
  async open() {
    const { id } = this.#facts
    this.listeners.refresh()
    this.#control = native.directives(id, () => this.#obey())
    for (const queue of this.#settings.queues.keys()) this.#takePlace(queue)
    await this.threads.open()
    await translated(native.open(id))
  }

  /** @param {() => void} callback */
  onStop(callback) {
    this.#stopped.push(callback)
  }

  /**
   * @param {number} [grace] milliseconds
   * @returns {Promise<void>}
   */
  stop(grace = this.#settings.grace) {
    this.#stopping ??= this.#stop(grace)
    return this.#stopping
  }

  /** The process exits: the engine gives back what it has claimed, and no process that stood for a job stays behind. */
  abandon() {
    try {
      native.exitSync(this.#facts.id, EXIT_PATIENCE)
    } catch (error) {
      process.emitWarning(/** @type {Error} */ (error))
    }
    // Only now: their deaths would be taken for those of their jobs.
    this.threads.abandon()
    for (const pid of this.#adopted) kill(pid)
  }

  /** @param {Registration} registration */
  registered(registration) {
    // One that cannot start tries again by itself, and checkQueue tells why.
    this.threads.want(registration).catch(() => {})
  }

  /**
   * Resolves when what was last decided about a queue is done here.
   * @param {string} queue
   */
  queueChanged(queue) {
    this.#obey()
    return this.#changes.get(queue)
  }

  /**
   * One after the other, as the engine decided them.
   * @param {string} queue
   * @param {Record<string, any> | null} options  null: it has ended
   */
  #change(queue, options) {
    const before = this.#changes.get(queue)?.catch(() => {}) ?? Promise.resolve()
    const change = before.then(() => (options ? this.#addQueue(queue, options) : this.#dropQueue(queue)))
    this.#changes.set(queue, change)
    change.catch((error) => this.#emit({ event: 'engine:log', level: 'warn', message: `queue ${queue}: ${headline(error)}` }))
  }

  /** @param {string} queue @param {Record<string, any>} options */
  async #addQueue(queue, options) {
    if (this.#settings.queues.has(queue)) return
    this.#settings.queues.set(queue, queueSettings(options, execArgv(queue, options)))
    this.#takePlace(queue)
    await this.threads.open()
  }

  /** @param {string} queue */
  async #dropQueue(queue) {
    if (!this.#settings.queues.delete(queue)) return
    const slot = this.#slots.get(queue)
    this.#slots.delete(queue)
    await Promise.all([this.threads.close(queue), slot?.hooksDone()])
    slot?.close()
  }

  /** @param {number} grace */
  async #stop(grace) {
    const { id } = this.#facts
    const begun = performance.now()
    const left = () => {
      const spent = Math.round(performance.now() - begun)
      return spent > 0 ? Math.max(grace - spent, 0) : grace
    }
    const plugins = this.#plugins.stop()
    // Before the engine does: a tick may still need it, and no other node should lead beside it. One that hangs costs jobs a
    // third of their grace at most.
    await atMost(plugins, Math.min(this.#settings.limits.abort_grace, grace / 3))
    try {
      await translated(native.stop(id, left()))
    } finally {
      await atMost(plugins, left())
      for (const name of this.#plugins.abandon()) {
        this.#emit({
          event: 'engine:log',
          level: 'warn',
          plugin: name,
          message: `plugin ${name}: expected it to end within the grace, it still runs`,
        })
      }
      await Promise.all([this.threads.close(), ...[...this.#slots.values()].map((slot) => slot.hooksDone())])
      for (const slot of this.#slots.values()) slot.close()
      await this.#workshop.close()
      await this.#closeDriver()
      this.#obey()
      this.#control = 0
      clearInterval(this.#pulse)
      this.#guard?.stop()
      unwatch(this)
      for (const callback of this.#stopped) callback()
    }
  }

  /** @param {Plugin[]} plugins */
  #prepare(plugins) {
    const { id, name } = this.#facts
    return new Plugins(plugins, this.#settings.plugins, {
      engine: () => state.engines.get(name),
      leads: () => isLeading(id),
      emit: (event) => this.#emit(event),
      ended: (plugin, end) => native.pluginEnded(id, plugin, end),
    })
  }

  /** @param {string} queue */
  #takePlace(queue) {
    const { limits, queues } = this.#settings
    const abort_grace = queues.get(queue)?.abort_grace ?? limits.abort_grace
    const slot = new Slot(this.#facts.id, queue, 'main', {
      ...this.#workshop.tools,
      limits: { ...limits, abort_grace },
      report: (event) => this.#emit(/** @type {EngineEvent} */ (event)),
      hears: (kind) => this.listeners.hears(kind),
      holds: (pid) => this.#adopted.add(pid),
      drops: (pid) => this.#adopted.delete(pid),
      stop: () => {},
    })
    this.#slots.set(queue, slot)
  }

  /** The engine's bell for orders and events. Nothing may be thrown out of it. */
  #obey() {
    let text
    try {
      text = this.#control === 0 ? null : native.takeDirectives(this.#control)
    } catch (error) {
      // A stopped engine has no more to say.
      if (!this.#stopping) process.emitWarning(/** @type {Error} */ (error))
      return
    }
    if (text === null) return
    for (const each of JSON.parse(text)) {
      try {
        if (each.event) this.#emit(each)
        else this.#order(each)
      } catch (error) {
        process.emitWarning(`engine ${this.#facts.name}: ${headline(error)}`)
      }
    }
  }

  /** @param {Directive} directive */
  #order({ do: action, slot = 0, queue = '', isolation = 'thread', plugin = '', options }) {
    switch (action) {
      case 'open':
        return this.#change(queue, options ?? {})
      case 'close':
        return this.#change(queue, null)
      case 'tick':
        return this.#plugins.tick(plugin)
      case 'abort':
        return this.#plugins.abort(plugin)
      case 'terminate':
        return this.threads.terminate(slot)
      case 'replace':
        return this.threads.replace(slot)
      case 'spawn':
        // As in registered().
        this.threads.seat(queue, isolation).catch(() => {})
        return
      default:
        process.emitWarning(`engine ${this.#facts.name}: expected a known directive, got ${JSON.stringify(action)}`)
    }
  }

  /** @param {EngineEvent} event */
  #emit(event) {
    if (event.job) withDates(event.job)
    if (typeof event.since === 'number') event.since = new Date(event.since)
    this.listeners.emit(event)
  }

  /** Tells job threads which of their own events somebody listens for. */
  #prick() {
    for (const [i, kind] of EARS.entries()) Atomics.store(this.#ears, i, this.listeners.hears(kind) ? 1 : 0)
  }

  /** @param {string} kinds */
  #subscribe(kinds) {
    if (!this.#stopping) native.subscribe(this.#facts.id, kinds)
  }

  /** @param {Wish['logger']} logger */
  #logTo(logger = WARNINGS) {
    if (logger === false) return
    this.listeners.on('job:log', (event) => logger[/** @type {'info'} */ (event.level)]?.(event.message, event))
    this.listeners.on('job:warning', (event) =>
      logger.warn?.(`${event.job.worker} ${event.job.id}: ${event.what}: ${event.message}`, event),
    )
    this.listeners.on('thread:exit', (event) => event.expected || logger.warn?.(event.message, event))
    this.listeners.on('engine:log', (event) => logger[/** @type {'info'} */ (event.level)]?.(event.message, event))
  }
}

/** @returns {EngineFacts[]} */
function allFacts() {
  return [...state.engines.values()].map((engine) => {
    const { id, name, node = '', prefix, version = null, max_args_bytes = 0, notifies = true, refused = null } = engine
    return { id, name, node, prefix, version, max_args_bytes, notifies, refused }
  })
}

/** @param {number} id */
function isLeading(id) {
  try {
    return JSON.parse(native.status(id)).leading
  } catch {
    // It has stopped.
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
