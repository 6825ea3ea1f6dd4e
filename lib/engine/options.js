// Reads the options of EramEngine.start(): replaces what JSON cannot represent (classes, drivers) and separates what only this
// side uses. The addon gets the rest as JSON, checks it, and returns the options in effect.

import os from 'node:os'
import { prepareDriver } from '../drivers/index.js'
import { readLogger } from '../events/index.js'
import { cronEntry } from '../operations/index.js'
import { readPlugins } from '../plugins/index.js'
import { STORED_DEFAULTS } from '../shared/draft.js'
import { toJson } from '../shared/json.js'
import { readCreate, readOnError, readSetup } from '../shared/setup.js'
import { invalidOption, isObject, isRecord, recordOf } from '../shared/validate.js'
import { readOtel } from '../telemetry/index.js'
import { defaultIsolation } from './test-runners.js'
import { isUnset } from './unset-address.js'

/** @import { LogOptions } from '../events/logger.js' */
/** @import { PreparedDriver } from '../drivers/open.js' */
/** @import { Limits } from '../perform/runner.js' */
/** @import { Schedule } from '../plugins/plugin-runner.js' */
/** @import { PluginEntry } from '../plugins/plugins.js' */
/** @import { OnError } from '../shared/error-reports.js' */
/** @import { Attributes, OtelOptions } from '../telemetry/options.js' */
/** @import { Create } from '../shared/setup-file.js' */
/** @import { QueueDefaults } from '../shared/global-state.js' */

/** @typedef {'main' | 'thread' | 'process'} Isolation */

/**
 * The options as they were given: for the addon, and for this side.
 * @typedef {object} ParsedOptions
 * @property {string} name
 * @property {string} config  JSON for the addon
 * @property {boolean} unset  nothing says where to connect
 * @property {boolean} signals
 * @property {LogOptions | null} logger  null: no log
 * @property {PreparedDriver | undefined} driver  checked; must be closed
 * @property {PluginEntry[]} plugins
 * @property {string[]} setup  paths
 * @property {Create | undefined} create  makes the instances of job classes of the main thread
 * @property {OnError | undefined} onError
 * @property {OtelOptions | undefined} otel
 * @property {Attributes | undefined} attributes  of spans, on the main thread
 * @property {Map<string, string[] | undefined>} exec_argv  by queue
 * @property {QueueDefaults | null} queue_defaults
 */

/**
 * The options of a queue in effect, as far as this side uses them.
 * @typedef {object} QueueSettings
 * @property {number} limit
 * @property {number} threads
 * @property {string | null} group  whose threads these are; null: the queue's own
 * @property {Isolation | null} isolation
 * @property {string[] | undefined} exec_argv
 * @property {Record<string, number>} resource_limits  as worker_threads names them
 * @property {number} abort_grace
 * @property {boolean} store_logs
 * @property {boolean} measure
 */

/**
 * The options in effect, as far as this side uses them.
 * @typedef {object} EngineSettings
 * @property {string} node
 * @property {string} prefix
 * @property {string | null} version
 * @property {boolean} notifies
 * @property {'manual' | 'inline' | 'live' | null} testing
 * @property {number} grace
 * @property {number} max_args_bytes
 * @property {number | null} max_rss  MiB
 * @property {Isolation} isolation
 * @property {Limits} limits
 * @property {Map<string, QueueSettings>} queues
 * @property {Schedule[]} plugins  in the given order
 */

/** @typedef {Record<string, any>} Options */

/**
 * @param {unknown} [given]
 * @returns {Promise<ParsedOptions>}
 */
export async function readOptions(given = {}) {
  const options = recordOf(given, 'EramEngine.start')
  const { driver, signals = false } = options
  if (typeof signals !== 'boolean') throw invalidOption('signals', 'true or false', signals)
  const logger = readLogger(options.logger)
  const prepared = driver === undefined ? undefined : await prepareDriver(driver, options.url)
  try {
    return parse({ ...options, logger }, prepared)
  } catch (error) {
    await prepared?.close()
    throw error
  }
}

/**
 * @param {Options} options
 * @param {PreparedDriver | undefined} prepared
 * @returns {ParsedOptions}
 */
function parse({ driver, signals = false, logger, plugins = [], setup, create, force = false, onError, otel, ...options }, prepared) {
  if (typeof force !== 'boolean') throw invalidOption('force', 'true or false', force)
  if (options.testing && !force && process.env.NODE_ENV === 'production') {
    throw invalidOption('testing', 'none where $NODE_ENV is "production"', options.testing, 'force: true takes it all the same')
  }
  const custom = readPlugins(plugins)
  const { name = 'default' } = options
  const config = {
    ...options,
    name,
    node: options.node ?? process.env.DYNO ?? os.hostname(),
    isolation: options.isolation ?? defaultIsolation(),
    // An empty variable counts as unset, as containers cannot unset one.
    url: options.url ?? (prepared ? prepared.url : process.env.DATABASE_URL || undefined),
    plugins: custom.config,
    ...(options.cron === undefined ? undefined : { cron: cronEntries(options.cron) }),
  }
  return {
    name,
    unset: isUnset(config.url),
    config: toJson(config, 'options', 'ERAM_CONFIG'),
    signals,
    logger,
    driver: prepared,
    plugins: custom.entries,
    setup: readSetup(setup),
    create: readCreate(create),
    onError: readOnError(onError),
    ...readOtel(otel),
    exec_argv: new Map(Object.entries(options.queues ?? {}).map(([queue, value]) => [queue, execArgv(queue, value)])),
    queue_defaults: queueDefaults(options.queues),
  }
}

/**
 * @param {ParsedOptions} options
 * @param {string} effective  JSON of the addon: the options in effect
 * @returns {EngineSettings}
 */
export function readEffective({ exec_argv }, effective) {
  const {
    node,
    prefix,
    version,
    isolation,
    notify,
    grace,
    abort_grace,
    max_args_bytes,
    max_rss,
    max_result_bytes,
    max_error_bytes,
    testing,
    ...rest
  } = JSON.parse(effective)
  const { queues, plugins } = rest
  return {
    node,
    prefix,
    version,
    isolation,
    notifies: notify,
    testing,
    grace,
    max_args_bytes,
    max_rss,
    limits: { max_result_bytes, max_error_bytes, abort_grace, store_logs: false, measure: false },
    plugins,
    queues: new Map(Object.entries(queues).map(([queue, options]) => [queue, queueSettings(options, exec_argv.get(queue))])),
  }
}

/**
 * @param {Options} effective
 * @param {string[] | undefined} exec_argv
 * @returns {QueueSettings}
 */
export function queueSettings({ limit, threads, isolation, resource_limits, abort_grace, store_logs, measure }, exec_argv) {
  const limits = Object.entries(resource_limits).map(([key, value]) => [RESOURCE_LIMITS[key] ?? key, value])
  const { group = null, count } = isObject(threads) ? /** @type {Options} */ (threads) : { count: threads }
  return {
    limit,
    threads: count,
    group,
    isolation,
    exec_argv,
    resource_limits: Object.fromEntries(limits),
    abort_grace,
    store_logs,
    measure,
  }
}

/** Names of resource limits in Node's worker_threads. @type {Record<string, string>} */
const RESOURCE_LIMITS = {
  max_old_generation_size_mb: 'maxOldGenerationSizeMb',
  max_young_generation_size_mb: 'maxYoungGenerationSizeMb',
  code_range_size_mb: 'codeRangeSizeMb',
  stack_size_mb: 'stackSizeMb',
}

/**
 * Node's own options for the threads of a queue. By default they are inherited from this process and not copied, because Node
 * rejects options for a thread that only a process can have, such as --max-old-space-size.
 * @param {string} queue
 * @param {unknown} value
 * @returns {string[] | undefined}
 */
export function execArgv(queue, value) {
  const args = isObject(value) ? /** @type {Options} */ (value).exec_argv : undefined
  if (args === undefined) return undefined
  if (Array.isArray(args) && args.every((arg) => typeof arg === 'string')) return args
  throw invalidOption(`queues.${queue}.exec_argv`, 'an array of strings', args)
}

/**
 * What the queues have as defaults of job options, also queues that other nodes serve. The addon has checked the values.
 * @param {unknown} queues
 * @returns {QueueDefaults | null}
 */
export function queueDefaults(queues) {
  if (!isRecord(queues)) return null
  const given = Object.entries(queues).map(([queue, options]) => {
    const defaults = isRecord(options) && isRecord(options.defaults) ? options.defaults : {}
    const stored = STORED_DEFAULTS.filter((key) => (defaults[key] ?? null) !== null)
    return /** @type {const} */ ([queue, stored.map((key) => [key, defaults[key]])])
  })
  const some = given.filter(([, defaults]) => defaults.length > 0).map(([queue, defaults]) => [queue, Object.fromEntries(defaults)])
  return some.length > 0 ? Object.fromEntries(some) : null
}

/** @param {unknown} entries */
function cronEntries(entries) {
  if (entries === false) return false
  if (!Array.isArray(entries)) throw invalidOption('cron', 'an array of entries, or false', entries)
  return entries.map((entry, i) => cronEntry(entry, `cron[${i}]`))
}
