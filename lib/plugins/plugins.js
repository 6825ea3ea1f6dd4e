// The application's own plugins: reads and checks the option `plugins`, passes on the engine's directives, and stops the plugins.

import { EramError } from '../shared/errors.js'
import { headline } from '../shared/serialize.js'
import { invalidOption } from '../shared/validate.js'
import { PluginRunner } from './plugin-runner.js'

/** @import { Plugin, PluginDeps, Schedule } from './plugin-runner.js' */

/** @typedef {{ type: new (options?: unknown) => Plugin, options: unknown }} PluginEntry */

/** Static members of a plugin class, which the addon checks. */
const STATICS = ['name', 'on', 'interval', 'timeout']

/**
 * Reads the option `plugins`.
 * @param {unknown} given
 * @returns {{ entries: PluginEntry[], config: Record<string, unknown>[] }} `config`: for the addon to check
 */
export function readPlugins(given) {
  if (!Array.isArray(given)) throw invalidOption('plugins', 'an array of plugin classes', given)
  const entries = given.map((entry, i) => {
    const [type, options, ...rest] = Array.isArray(entry) ? entry : [entry]
    if (typeof type !== 'function' || !type.prototype || rest.length > 0) {
      throw invalidOption(`plugins[${i}]`, 'a class with a method tick, or [class, options]', Array.isArray(entry) ? type : entry)
    }
    return { type, options }
  })
  return { entries, config: entries.map(({ type }) => Object.fromEntries(STATICS.map((key) => [key, type[key]]))) }
}

/**
 * Creates the plugins. Called before the engine starts, so that an error leaves nothing half-started.
 * @param {PluginEntry[]} entries
 * @returns {Plugin[]}
 */
export function makePlugins(entries) {
  return entries.map(({ type, options }, i) => {
    const plugin = create(type, options, `plugins[${i}]`)
    if (typeof plugin.tick !== 'function') throw invalidOption(`plugins[${i}]`, 'a class with a method tick', type)
    for (const method of /** @type {const} */ (['start', 'stop'])) {
      if (plugin[method] !== undefined && typeof plugin[method] !== 'function') {
        throw invalidOption(`plugins[${i}].${method}`, 'a method', plugin[method])
      }
    }
    return plugin
  })
}

/** @param {PluginEntry['type']} type @param {unknown} options @param {string} subject */
function create(type, options, subject) {
  try {
    return new type(options)
  } catch (cause) {
    if (cause instanceof EramError) throw cause
    throw new EramError('ERAM_CONFIG', `${subject}: expected ${type.name} to take its options, got ${headline(cause)}`, { cause })
  }
}

/** All plugins of one engine. */
export class PluginRunners {
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

  /** Aborts the current tick, because this node has lost the lease. @param {string} name */
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
