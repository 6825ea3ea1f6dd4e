// The application's own plugins: reads what the option `plugins` was given, and starts and stops their loops with the engine.

import { EramError, shown } from '../shared/errors.js'
import { headline } from '../shared/serialize.js'
import { Ticking } from './plugin-loop.js'

/** @import { Around, Plugin, Rhythm } from './plugin-loop.js' */

/** @typedef {{ make: new (options?: unknown) => Plugin, options: unknown }} PluginEntry */

/** What a class says of itself. */
const STATICS = ['name', 'on', 'interval', 'timeout']

/**
 * The entries, and what the addon is to check of them.
 * @param {unknown} given
 * @returns {{ entries: PluginEntry[], config: Record<string, unknown>[] }}
 */
export function readPlugins(given) {
  if (!Array.isArray(given)) throw refusal('plugins', 'an array of plugin classes', given)
  const entries = given.map((entry, i) => {
    const [make, options, ...rest] = Array.isArray(entry) ? entry : [entry]
    if (typeof make !== 'function' || !make.prototype || rest.length > 0) {
      throw refusal(`plugins[${i}]`, 'a class with a method tick, or [class, options]', Array.isArray(entry) ? make : entry)
    }
    return { make, options }
  })
  return { entries, config: entries.map(({ make }) => Object.fromEntries(STATICS.map((key) => [key, make[key]]))) }
}

/**
 * Makes the plugins, before anything is started that they could leave half-started.
 * @param {PluginEntry[]} entries
 * @returns {Plugin[]}
 */
export function makePlugins(entries) {
  return entries.map(({ make, options }, i) => {
    const plugin = made(make, options, `plugins[${i}]`)
    if (typeof plugin.tick !== 'function') throw refusal(`plugins[${i}]`, 'a class with a method tick', make)
    for (const hook of /** @type {const} */ (['start', 'stop'])) {
      if (plugin[hook] !== undefined && typeof plugin[hook] !== 'function') {
        throw refusal(`plugins[${i}].${hook}`, 'a method', plugin[hook])
      }
    }
    return plugin
  })
}

/** @param {PluginEntry['make']} make @param {unknown} options @param {string} subject */
function made(make, options, subject) {
  try {
    return new make(options)
  } catch (cause) {
    if (cause instanceof EramError) throw cause
    throw new EramError('ERAM_CONFIG', `${subject}: expected ${make.name} to take its options, got ${headline(cause)}`, { cause })
  }
}

export class Plugins {
  #all

  /**
   * @param {Plugin[]} plugins
   * @param {Rhythm[]} rhythms  in the same order
   * @param {Around} around
   */
  constructor(plugins, rhythms, around) {
    this.#all = rhythms.map((rhythm, i) => new Ticking(/** @type {Plugin} */ (plugins[i]), rhythm, around))
  }

  /** Whether any of them asks who leads. */
  get mindLeading() {
    return this.#all.some((it) => it.leads)
  }

  start() {
    for (const it of this.#all) it.start()
  }

  elected() {
    for (const it of this.#all) it.elected()
  }

  deposed() {
    for (const it of this.#all) it.deposed()
  }

  /** Asks what is under way to end; resolves when all have, which may be never. */
  async stop() {
    await Promise.all(this.#all.map((it) => it.stop()))
  }

  /** The grace is over. @returns {string[]} the names of those that still run */
  abandon() {
    return this.#all.filter((it) => it.abandon()).map((it) => it.name)
  }
}

/** Node's longest timer. */
const LONGEST = 2 ** 31 - 1

/**
 * Waits for a promise that does not reject, but not longer.
 * @param {Promise<void>} promise
 * @param {number} ms
 */
export async function atMost(promise, ms) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, Math.min(Math.max(ms, 0), LONGEST))
  })
  await Promise.race([promise, late])
  clearTimeout(timer)
}

/** @param {string} subject @param {string} expected @param {unknown} got */
function refusal(subject, expected, got) {
  return new EramError('ERAM_CONFIG', `${subject}: expected ${expected}, got ${shown(got)}`)
}
