// Runs one plugin of the application: the engine decides when it ticks, this side calls its methods, times them and aborts them.
// Its failures stay isolated: a tick that throws or hangs affects neither the engine nor other plugins.

import { createLog, logEntry } from '../events/index.js'
import { setErrorName } from '../shared/errors.js'
import { headline } from '../shared/serialize.js'
import { clearTimeout, monotonic, setTimeout } from '../shared/timers.js'

/** @import { EngineEvent } from '../shared/worker-listeners.js' */
/** @import { Log, LogEntry } from '../events/log.js' */

/** @typedef {{ start?: (ctx: object) => unknown, tick: (ctx: object) => unknown, stop?: (ctx: object) => unknown }} Plugin */

/**
 * The options in effect, durations in milliseconds.
 * @typedef {{ name: string, on: 'leader' | 'node', interval: number, timeout: number }} Schedule
 */

/** How a tick ended, as it counts for the back-off: an error after an abort counts for nothing. @typedef {'ok' | 'failed' | 'aborted'} TickEnd */

/**
 * @typedef {object} PluginDeps
 * @property {() => unknown} engine
 * @property {() => boolean} leads
 * @property {(event: EngineEvent) => void} emit
 * @property {(plugin: string, end: TickEnd) => void} ended  reports the end of a tick; the engine begins no other before
 */

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
  /** The current tick, or the last one. @type {Promise<void>} */
  #current = Promise.resolve()
  #initialised = false
  #stopped = false
  #running = true

  /** @param {Plugin} plugin @param {Schedule} schedule @param {PluginDeps} deps */
  constructor(plugin, schedule, deps) {
    this.#plugin = plugin
    this.#schedule = schedule
    this.#deps = deps
    this.#log = createLog((level, args) => this.#writeLog(level, logEntry(args)))
  }

  get name() {
    return this.#schedule.name
  }

  tick() {
    if (!this.#stopped) this.#current = this.#tick()
  }

  /** Asks the current tick to end. @param {'leadership' | 'shutdown'} reason */
  abort(reason) {
    this.#abort?.abort(new PluginAborted(reason))
  }

  /** Aborts the current tick and waits for the plugin to end; never resolves if it hangs. */
  async stop() {
    this.#stopped = true
    this.abort('shutdown')
    await this.#current
    if (this.#initialised) await this.#stopPlugin()
    this.#running = false
  }

  /** Aborts without waiting. @returns {boolean} whether the plugin is still running */
  abandon() {
    this.abort('shutdown')
    return this.#running
  }

  async #tick() {
    const abort = new AbortController()
    const { signal } = abort
    this.#abort = abort
    const begun = monotonic()
    const elapsed = () => Math.round(monotonic() - begun)
    let timedOut = false
    /** @type {'start' | 'tick'} */
    let phase = 'start'
    const timer = setTimeout(() => {
      timedOut = true
      abort.abort(new PluginAborted('timeout'))
      if (!this.#stopped) this.#reportFailure('timeout', phase, elapsed(), signal.reason)
    }, this.#schedule.timeout).unref()
    this.#emit('plugin:start', {})
    /** @type {TickEnd} */
    let end = 'ok'
    try {
      const ctx = new PluginContext(this.#deps, this.#log, signal)
      if (!this.#initialised) await this.#plugin.start?.(ctx)
      this.#initialised = true
      phase = 'tick'
      if (!signal.aborted) await this.#plugin.tick(ctx)
      this.#emit('plugin:stop', { elapsed_ms: elapsed(), aborted: signal.aborted })
    } catch (thrown) {
      // An error after an abort is a consequence of the abort and not a failure of the plugin.
      end = signal.aborted ? 'aborted' : 'failed'
      if (signal.aborted) this.#emit('plugin:stop', { elapsed_ms: elapsed(), aborted: true })
      else this.#reportFailure('error', phase, elapsed(), thrown)
    } finally {
      clearTimeout(timer)
      this.#abort = undefined
      this.#deps.ended(this.name, timedOut ? 'failed' : end)
    }
  }

  async #stopPlugin() {
    const begun = monotonic()
    this.#abort = new AbortController()
    try {
      await this.#plugin.stop?.(new PluginContext(this.#deps, this.#log, this.#abort.signal))
    } catch (thrown) {
      this.#reportFailure('error', 'stop', Math.round(monotonic() - begun), thrown)
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
      const message = `tick exceeded its ${timeout} ms timeout and is still running; the next tick is skipped until it returns`
      this.#writeLog('warn', { message })
    } else {
      this.#writeLog('error', { message: `${phase} failed after ${elapsed_ms} ms: ${message}` })
    }
  }

  /** @param {string} level @param {LogEntry} entry */
  #writeLog(level, { message, ...fields }) {
    this.#emit('engine:log', { level, message: `plugin ${this.name}: ${message}`, ...fields })
  }

  /** @param {string} event @param {object} details */
  #emit(event, details) {
    this.#deps.emit({ event, plugin: this.name, ...details })
  }
}
