// Reads the options of EramEngine.start(): puts into words what JSON has none for (classes, drivers), takes out what only this
// side uses, and leaves the checking of the rest to the addon, which gets it as JSON and tells what is in effect.

import os from 'node:os'
import { entryOf } from '../admin/crons.js'
import { prepareDriver } from '../drivers/index.js'
import { readPlugins } from '../plugins/plugins.js'
import { EramError, shown } from '../shared/errors.js'
import { toJson } from '../shared/json.js'

/** @import { Prepared } from '../drivers/open.js' */
/** @import { PluginEntry } from '../plugins/plugins.js' */
/** @import { Limits } from '../perform/runner.js' */
/** @import { Schedule } from '../plugins/plugin-runner.js' */

/** @typedef {'main' | 'thread' | 'process'} Isolation */
/** @typedef {Partial<Record<'debug' | 'info' | 'warn' | 'error', (message: string, event: object) => void>>} Logger */

/**
 * What the addon is told, and what it need not know.
 * @typedef {object} Wish
 * @property {string} name
 * @property {string} config  JSON for the addon
 * @property {boolean} signals
 * @property {Logger | false | undefined} logger
 * @property {Prepared | undefined} driver  read and checked; close() it in the end
 * @property {PluginEntry[]} plugins
 * @property {Map<string, string[] | undefined>} exec_argv  by queue
 */

/**
 * What this side needs to know of a queue.
 * @typedef {object} QueueSettings
 * @property {number} limit
 * @property {number} threads
 * @property {Isolation | null} isolation
 * @property {string[] | undefined} exec_argv
 * @property {Record<string, number>} resource_limits  as worker_threads names them
 * @property {number} abort_grace
 */

/**
 * The options in effect, as far as this side uses them.
 * @typedef {object} Settings
 * @property {string} node
 * @property {string} prefix
 * @property {string | null} version
 * @property {boolean} notifies
 * @property {number} grace
 * @property {number} max_args_bytes
 * @property {number | null} max_rss  MiB
 * @property {Limits} limits
 * @property {Map<string, QueueSettings>} queues
 * @property {Schedule[]} plugins  in the order of the wish
 */

/** @typedef {Record<string, any>} Options */

/**
 * @param {unknown} [given]
 * @returns {Promise<Wish>}
 */
export async function readOptions(given = {}) {
  const options = objectOf(given, 'EramEngine.start')
  const { driver, signals = false, logger } = options
  if (typeof signals !== 'boolean') throw refusal('signals', 'true or false', signals)
  if (logger !== undefined && logger !== false && (typeof logger !== 'object' || logger === null)) {
    throw refusal('logger', 'an object with functions warn, error, …, or false', logger)
  }
  const prepared = driver === undefined ? undefined : await prepareDriver(driver, options.url)
  try {
    return wishOf(options, prepared)
  } catch (error) {
    await prepared?.close()
    throw error
  }
}

/**
 * @param {Options} options
 * @param {Prepared | undefined} prepared
 * @returns {Wish}
 */
function wishOf({ driver, signals = false, logger, plugins = [], ...options }, prepared) {
  const custom = readPlugins(plugins)
  const { name = 'default' } = options
  const config = {
    ...options,
    name,
    node: options.node ?? process.env.DYNO ?? os.hostname(),
    // An empty variable is how containers say that there is none.
    url: options.url ?? (prepared ? prepared.url : process.env.DATABASE_URL || undefined),
    plugins: custom.config,
    ...(options.cron === undefined ? undefined : { cron: cronOf(options.cron) }),
  }
  return {
    name,
    config: toJson(config, 'options', 'ERAM_CONFIG'),
    signals,
    logger,
    driver: prepared,
    plugins: custom.entries,
    exec_argv: new Map(Object.entries(options.queues ?? {}).map(([queue, value]) => [queue, execArgv(queue, value)])),
  }
}

/**
 * @param {Wish} wish
 * @param {string} effective  the addon's JSON of what is in effect
 * @returns {Settings}
 */
export function readEffective({ exec_argv }, effective) {
  const { node, prefix, version, notify, grace, abort_grace, max_args_bytes, max_rss, max_result_bytes, max_error_bytes, ...rest } =
    JSON.parse(effective)
  const { queues, plugins } = rest
  return {
    node,
    prefix,
    version,
    notifies: notify,
    grace,
    max_args_bytes,
    max_rss,
    limits: { max_result_bytes, max_error_bytes, abort_grace },
    plugins,
    queues: new Map(Object.entries(queues).map(([queue, options]) => [queue, queueSettings(options, exec_argv.get(queue))])),
  }
}

/**
 * @param {Options} effective
 * @param {string[] | undefined} exec_argv
 * @returns {QueueSettings}
 */
export function queueSettings({ limit, threads, isolation, resource_limits, abort_grace }, exec_argv) {
  const limits = Object.entries(resource_limits).map(([key, value]) => [RESOURCE_LIMITS[key] ?? key, value])
  return {
    limit,
    threads,
    isolation,
    exec_argv,
    resource_limits: Object.fromEntries(limits),
    abort_grace,
  }
}

// As Node's worker_threads spell them.
/** @type {Record<string, string>} */
const RESOURCE_LIMITS = {
  max_old_generation_size_mb: 'maxOldGenerationSizeMb',
  max_young_generation_size_mb: 'maxYoungGenerationSizeMb',
  code_range_size_mb: 'codeRangeSizeMb',
  stack_size_mb: 'stackSizeMb',
}

/**
 * Node's own options for the threads of a queue. Without, they inherit those of this process: given by name, Node would refuse a
 * thread what only a whole process can have, such as --max-old-space-size.
 * @param {string} queue
 * @param {unknown} value
 * @returns {string[] | undefined}
 */
export function execArgv(queue, value) {
  const words = typeof value === 'object' && value !== null ? /** @type {Options} */ (value).exec_argv : undefined
  if (words === undefined) return undefined
  if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words
  throw refusal(`queues.${queue}.exec_argv`, 'an array of strings', words)
}

/** @param {unknown} entries */
function cronOf(entries) {
  if (entries === false) return false
  if (!Array.isArray(entries)) throw refusal('cron', 'an array of entries, or false', entries)
  return entries.map((entry, i) => entryOf(entry, `cron[${i}]`))
}

/**
 * @param {unknown} value
 * @param {string} subject
 * @returns {Options}
 */
function objectOf(value, subject) {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw refusal(subject, 'an object', value)
}

/**
 * @param {string} subject
 * @param {string} expected
 * @param {unknown} got
 */
function refusal(subject, expected, got) {
  return new EramError('ERAM_CONFIG', `${subject}: expected ${expected}, got ${shown(got)}`)
}
