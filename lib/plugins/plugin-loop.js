// One plugin of the application, and the loop that ticks it. What it does wrong stays its own affair: a tick that throws or hangs
// reaches neither the engine nor other plugins, and no second one is ever begun beside it.

import { format } from 'node:util'
import { Log } from '../events/log.js'
import { headline } from '../shared/serialize.js'

/** @import { EngineEvent } from '../events/listeners.js' */

/** @typedef {{ start?: (ctx: object) => unknown, tick: (ctx: object) => unknown, stop?: (ctx: object) => unknown }} Plugin */

/**
 * The options in effect, durations in milliseconds.
 * @typedef {{ name: string, on: 'leader' | 'node', interval: number, timeout: number }} Rhythm
 */

/**
 * @typedef {object} Around
 * @property {() => unknown} engine
 * @property {() => boolean} leads
 * @property {(event: EngineEvent) => void} report
 */

/** After failures the wait doubles, so often and up to so many milliseconds, unless the interval is longer. */
const DOUBLINGS = 6
const LONGEST = 3_600_000

/** By so much of the interval, more or less, nodes wait differently, lest they all tick at once. */
const JITTER = 0.1

const WHY = {
  timeout: 'the tick took longer than its timeout',
  shutdown: 'the engine is stopping',
  leadership: 'this engine leads no more',
}

/** Why a tick is asked to end: the reason of its signal. */
class PluginAborted extends Error {
  /** @param {keyof typeof WHY} code */
  constructor(code) {
    super(WHY[code])
    this.code = code
  }
}
Object.defineProperty(PluginAborted.prototype, 'name', { value: 'PluginAborted', writable: true, configurable: true })

/** What a plugin's methods get. */
class PluginContext {
  #around

  /** @param {Around} around @param {Log} log @param {AbortSignal} signal */
  constructor(around, log, signal) {
    this.#around = around
    this.engine = around.engine()
    this.log = log
    this.signal = signal
  }

  get leading() {
    return this.#around.leads()
  }
}

export class Ticking {
  #plugin
  #rhythm
  #around
  #log
  /** Of the tick under way. @type {AbortController | undefined} */
  #abort
  #wake = () => {}
  /** @type {Promise<void>} */
  #loop = Promise.resolve()
  #failures = 0
  /** It has ticked, or does, since this node was elected. */
  #served = false
  #initialised = false
  #stopped = false
  #running = false

  /** @param {Plugin} plugin @param {Rhythm} rhythm @param {Around} around */
  constructor(plugin, rhythm, around) {
    this.#plugin = plugin
    this.#rhythm = rhythm
    this.#around = around
    this.#log = new Log((level, words) => this.#line(level, format(...words)))
  }

  get name() {
    return this.#rhythm.name
  }

  get leads() {
    return this.#rhythm.on === 'leader'
  }

  /** The grace is over. @returns {boolean} whether it still runs */
  abandon() {
    this.#abort?.abort(new PluginAborted('shutdown'))
    return this.#running
  }

  start() {
    this.#running = true
    this.#loop = this.#run()
  }

  elected() {
    // The first tick after the election may have come before its news.
    if (this.leads && !this.#served) this.#wake()
  }

  deposed() {
    if (!this.leads) return
    this.#served = false
    this.#abort?.abort(new PluginAborted('leadership'))
  }

  /** Asks the tick under way to end, and resolves when all has; never, if it hangs. */
  async stop() {
    this.#stopped = true
    this.#abort?.abort(new PluginAborted('shutdown'))
    this.#wake()
    await this.#loop
  }

  async #run() {
    const { interval } = this.#rhythm
    // Nodes of one deployment start at once.
    if (!this.leads) await this.#pause(Math.random() * Math.min(interval, LONGEST) * JITTER)
    while (!this.#stopped) {
      if (this.#isDue()) await this.#turn()
      // Elected again while a tick of its last term still ran: the new term begins with a tick.
      const anew = this.leads && !this.#served && this.#isDue()
      if (!anew) await this.#pause(this.#wait())
    }
    if (this.#initialised) await this.#farewell()
    this.#running = false
  }

  #isDue() {
    return !this.#stopped && (!this.leads || this.#around.leads())
  }

  /** Milliseconds between two ticks. */
  #wait() {
    const { interval } = this.#rhythm
    const wait = Math.min(interval * 2 ** Math.min(this.#failures, DOUBLINGS), Math.max(interval, LONGEST))
    return Math.round(this.leads ? wait : wait * (1 - JITTER + Math.random() * 2 * JITTER))
  }

  /** @param {number} ms */
  async #pause(ms) {
    if (this.#stopped) return
    await new Promise((resolve) => {
      // The engine alone decides how long the process lives.
      const timer = setTimeout(resolve, ms).unref()
      this.#wake = () => {
        clearTimeout(timer)
        resolve(undefined)
      }
    })
    this.#wake = () => {}
  }

  async #turn() {
    this.#served = true
    const abort = new AbortController()
    const { signal } = abort
    this.#abort = abort
    const begun = performance.now()
    const elapsed = () => Math.round(performance.now() - begun)
    let late = false
    /** @type {'start' | 'tick'} */
    let phase = 'start'
    const timer = setTimeout(() => {
      late = true
      abort.abort(new PluginAborted('timeout'))
      if (!this.#stopped) this.#fail('timeout', phase, elapsed(), signal.reason)
    }, this.#rhythm.timeout).unref()
    this.#tell('plugin:start', {})
    try {
      const ctx = new PluginContext(this.#around, this.#log, signal)
      if (!this.#initialised) await this.#plugin.start?.(ctx)
      this.#initialised = true
      phase = 'tick'
      if (!signal.aborted) await this.#plugin.tick(ctx)
      this.#failures = late ? this.#failures + 1 : 0
      this.#tell('plugin:stop', { elapsed_ms: elapsed(), aborted: signal.aborted })
    } catch (thrown) {
      if (late || !signal.aborted) this.#failures += 1
      // What it throws because it was asked to end is no failure of its own.
      if (signal.aborted) this.#tell('plugin:stop', { elapsed_ms: elapsed(), aborted: true })
      else this.#fail('error', phase, elapsed(), thrown)
    } finally {
      clearTimeout(timer)
      this.#abort = undefined
    }
  }

  async #farewell() {
    const begun = performance.now()
    this.#abort = new AbortController()
    try {
      await this.#plugin.stop?.(new PluginContext(this.#around, this.#log, this.#abort.signal))
    } catch (thrown) {
      this.#fail('error', 'stop', Math.round(performance.now() - begun), thrown)
    }
  }

  /**
   * @param {'error' | 'timeout'} kind
   * @param {'start' | 'tick' | 'stop'} phase
   * @param {number} elapsed_ms
   * @param {unknown} error
   */
  #fail(kind, phase, elapsed_ms, error) {
    const message = headline(error)
    this.#tell('plugin:exception', { kind, phase, elapsed_ms, message, error })
    if (kind === 'timeout')
      this.#line('warn', `expected a tick within ${this.#rhythm.timeout} ms, it still runs; no other begins beside it`)
    else this.#line('error', `${phase} failed after ${elapsed_ms} ms: ${message}`)
  }

  /** @param {string} level @param {string} message */
  #line(level, message) {
    this.#tell('engine:log', { level, message: `plugin ${this.name}: ${message}` })
  }

  /** @param {string} event @param {object} details */
  #tell(event, details) {
    this.#around.report({ event, plugin: this.name, ...details })
  }
}
