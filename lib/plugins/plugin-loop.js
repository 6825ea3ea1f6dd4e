// Runs one plugin of the application. Its failures stay isolated: a tick that throws or hangs affects neither the engine nor
// other plugins, and ticks of one plugin never overlap.

import { format } from 'node:util'
import { createLog } from '../events/index.js'
import { setErrorName } from '../shared/errors.js'
import { headline } from '../shared/serialize.js'

/** @import { EngineEvent } from '../events/listeners.js' */
/** @import { Log } from '../events/log.js' */

/** @typedef {{ start?: (ctx: object) => unknown, tick: (ctx: object) => unknown, stop?: (ctx: object) => unknown }} Plugin */

/**
 * The options in effect, durations in milliseconds.
 * @typedef {{ name: string, on: 'leader' | 'node', interval: number, timeout: number }} Schedule
 */

/**
 * @typedef {object} PluginDeps
 * @property {() => unknown} engine
 * @property {() => boolean} leads
 * @property {(event: EngineEvent) => void} emit
 */

/** Back-off after failures: the interval doubles up to this many times, … */
const MAX_DOUBLINGS = 6
/** … capped at this many milliseconds, or at the interval if that is longer. */
const MAX_BACKOFF = 3_600_000

/** Share of the interval by which waits vary, so that nodes do not tick at the same time. */
const JITTER = 0.1

const MESSAGES = {
  timeout: 'the tick took longer than its timeout',
  shutdown: 'the engine is stopping',
  leadership: 'this engine has lost the leadership',
}

/** Why a tick is aborted: the reason of its signal. */
class PluginAborted extends Error {
  /** @param {keyof typeof MESSAGES} code */
  constructor(code) {
    super(MESSAGES[code])
    this.code = code
  }
}
setErrorName(PluginAborted, 'PluginAborted')

/** The argument of a plugin's methods. */
class PluginContext {
  #deps

  /** @param {PluginDeps} deps @param {Log} log @param {AbortSignal} signal */
  constructor(deps, log, signal) {
    this.#deps = deps
    this.engine = deps.engine()
    this.log = log
    this.signal = signal
  }

  get leading() {
    return this.#deps.leads()
  }
}

export class PluginRunner {
  #plugin
  #schedule
  #deps
  #log
  /** Of the current tick. @type {AbortController | undefined} */
  #abort
  #wake = () => {}
  /** @type {Promise<void>} */
  #loop = Promise.resolve()
  #failures = 0
  /** A tick has begun since this node was elected. */
  #hasTickedThisTerm = false
  #initialised = false
  #stopped = false
  #running = false

  /** @param {Plugin} plugin @param {Schedule} schedule @param {PluginDeps} deps */
  constructor(plugin, schedule, deps) {
    this.#plugin = plugin
    this.#schedule = schedule
    this.#deps = deps
    this.#log = createLog((level, args) => this.#writeLog(level, format(...args)))
  }

  get name() {
    return this.#schedule.name
  }

  get onLeaderOnly() {
    return this.#schedule.on === 'leader'
  }

  /** Aborts the current tick without waiting for it. @returns {boolean} whether the plugin is still running */
  abandon() {
    this.#abort?.abort(new PluginAborted('shutdown'))
    return this.#running
  }

  start() {
    this.#running = true
    this.#loop = this.#run()
  }

  /** This node has become the leader. */
  elected() {
    // The first tick of the term may have begun before the event arrived.
    if (this.onLeaderOnly && !this.#hasTickedThisTerm) this.#wake()
  }

  /** This node has lost the leadership. */
  deposed() {
    if (!this.onLeaderOnly) return
    this.#hasTickedThisTerm = false
    this.#abort?.abort(new PluginAborted('leadership'))
  }

  /** Aborts the current tick and waits for the plugin to end; never resolves if it hangs. */
  async stop() {
    this.#stopped = true
    this.#abort?.abort(new PluginAborted('shutdown'))
    this.#wake()
    await this.#loop
  }

  async #run() {
    const { interval } = this.#schedule
    // Nodes of one deployment start at the same time.
    if (!this.onLeaderOnly) await this.#sleep(Math.random() * Math.min(interval, MAX_BACKOFF) * JITTER)
    while (!this.#stopped) {
      if (this.#isDue()) await this.#tick()
      // Re-elected while a tick of the last term was running: the new term begins with a tick.
      const isNewTerm = this.onLeaderOnly && !this.#hasTickedThisTerm && this.#isDue()
      if (!isNewTerm) await this.#sleep(this.#delay())
    }
    if (this.#initialised) await this.#stopPlugin()
    this.#running = false
  }

  #isDue() {
    return !this.#stopped && (!this.onLeaderOnly || this.#deps.leads())
  }

  /** Milliseconds until the next tick. */
  #delay() {
    const { interval } = this.#schedule
    const delay = Math.min(interval * 2 ** Math.min(this.#failures, MAX_DOUBLINGS), Math.max(interval, MAX_BACKOFF))
    return Math.round(this.onLeaderOnly ? delay : delay * (1 - JITTER + Math.random() * 2 * JITTER))
  }

  /** @param {number} ms */
  async #sleep(ms) {
    if (this.#stopped) return
    await new Promise((resolve) => {
      // Only the engine keeps the process alive.
      const timer = setTimeout(resolve, ms).unref()
      this.#wake = () => {
        clearTimeout(timer)
        resolve(undefined)
      }
    })
    this.#wake = () => {}
  }

  async #tick() {
    this.#hasTickedThisTerm = true
    const abort = new AbortController()
    const { signal } = abort
    this.#abort = abort
    const begun = performance.now()
    const elapsed = () => Math.round(performance.now() - begun)
    let timedOut = false
    /** @type {'start' | 'tick'} */
    let phase = 'start'
    const timer = setTimeout(() => {
      timedOut = true
      abort.abort(new PluginAborted('timeout'))
      if (!this.#stopped) this.#reportFailure('timeout', phase, elapsed(), signal.reason)
    }, this.#schedule.timeout).unref()
    this.#emit('plugin:start', {})
    try {
      const ctx = new PluginContext(this.#deps, this.#log, signal)
      if (!this.#initialised) await this.#plugin.start?.(ctx)
      this.#initialised = true
      phase = 'tick'
      if (!signal.aborted) await this.#plugin.tick(ctx)
      this.#failures = timedOut ? this.#failures + 1 : 0
      this.#emit('plugin:stop', { elapsed_ms: elapsed(), aborted: signal.aborted })
    } catch (thrown) {
      if (timedOut || !signal.aborted) this.#failures += 1
      // An error after an abort is a consequence of the abort and not a failure of the plugin.
      if (signal.aborted) this.#emit('plugin:stop', { elapsed_ms: elapsed(), aborted: true })
      else this.#reportFailure('error', phase, elapsed(), thrown)
    } finally {
      clearTimeout(timer)
      this.#abort = undefined
    }
  }

  async #stopPlugin() {
    const begun = performance.now()
    this.#abort = new AbortController()
    try {
      await this.#plugin.stop?.(new PluginContext(this.#deps, this.#log, this.#abort.signal))
    } catch (thrown) {
      this.#reportFailure('error', 'stop', Math.round(performance.now() - begun), thrown)
    }
  }

  /**
   * @param {'error' | 'timeout'} kind
   * @param {'start' | 'tick' | 'stop'} phase
   * @param {number} elapsed_ms
   * @param {unknown} error
   */
  #reportFailure(kind, phase, elapsed_ms, error) {
    const message = headline(error)
    this.#emit('plugin:exception', { kind, phase, elapsed_ms, message, error })
    if (kind === 'timeout') {
      const { timeout } = this.#schedule
      this.#writeLog('warn', `tick exceeded its ${timeout} ms timeout and is still running; the next tick is skipped until it returns`)
    } else {
      this.#writeLog('error', `${phase} failed after ${elapsed_ms} ms: ${message}`)
    }
  }

  /** @param {string} level @param {string} message */
  #writeLog(level, message) {
    this.#emit('engine:log', { level, message: `plugin ${this.name}: ${message}` })
  }

  /** @param {string} event @param {object} details */
  #emit(event, details) {
    this.#deps.emit({ event, plugin: this.name, ...details })
  }
}
