// The application's own plugins: reads what the option `plugins` was given, passes on the engine's orders, and stops them.

import { EramError, shown } from '../shared/errors.js'
import { headline } from '../shared/serialize.js'
import { PluginRunner } from './plugin-runner.js'

/** @import { Plugin, PluginDeps, Schedule } from './plugin-runner.js' */

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

/** All plugins of one engine. */
export class Plugins {
  /** By name. @type {Map<string, PluginRunner>} */
  #runners

  /**
   * @param {Plugin[]} plugins
   * @param {Schedule[]} schedules  in the same order
   * @param {PluginDeps} deps
   */
  constructor(plugins, schedules, deps) {
    this.#runners = new Map(
      schedules.map((schedule, i) => [schedule.name, new PluginRunner(/** @type {Plugin} */ (plugins[i]), schedule, deps)]),
    )
  }

  /** @param {string} name */
  tick(name) {
    this.#runners.get(name)?.tick()
  }

  /** This node has lost the lease: its current tick is to end. @param {string} name */
  abort(name) {
    this.#runners.get(name)?.abort('leadership')
  }

  /** Stops all; never resolves if one of them hangs. */
  async stop() {
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop()))
  }

  /** Aborts all without waiting. @returns {string[]} the names of those that are still running */
  abandon() {
    return [...this.#runners.values()].filter((runner) => runner.abandon()).map((runner) => runner.name)
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
