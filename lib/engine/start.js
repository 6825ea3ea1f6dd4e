// Starts an engine: the addon's part, then this side's. In a job isolate, returns the engine that is running already.

import { native } from '../addon/index.js'
import { detached } from '../enqueue/index.js'
import { makePlugins } from '../plugins/index.js'
import { EramError, translated } from '../shared/errors.js'
import { setTransport, state } from '../shared/global-state.js'
import { LocalEngine } from './local-engine.js'
import { readEffective, readOptions } from './options.js'
import { withAddressHint } from './unset-address.js'

/** @import { EngineInfo } from './attached-engines.js' */
/** @import { EngineTransport, EramEngine } from './engine.js' */
/** @import { ParsedOptions } from './options.js' */

/** @typedef {(info: EngineInfo, transport: EngineTransport) => EramEngine} CreateEngine */

/** Names of engines that are starting. @type {Set<string>} */
const starting = new Set()

/**
 * @param {unknown} given  the options
 * @param {CreateEngine} create
 */
export async function startEngine(given, create) {
  if (state.isJobIsolate) return attachedEngine(given, create)
  const options = await readOptions(given)
  const { name } = options
  if (state.engines.has(name) || starting.has(name)) {
    await options.driver?.close()
    throw new EramError(
      'ERAM_ALREADY_RUNNING',
      `engine ${JSON.stringify(name)}: expected no running engine of that name, got one; stop it first, or start another with { name: '…' }`,
    )
  }
  starting.add(name)
  try {
    setTransport(native)
    return await detached(() => start(options, create))
  } finally {
    starting.delete(name)
  }
}

/**
 * @param {ParsedOptions} options
 * @param {CreateEngine} create
 */
async function start(options, create) {
  const { name } = options
  let id
  let plugins
  try {
    plugins = makePlugins(options.plugins)
    id = await translated(native.start(options.config))
  } catch (error) {
    await options.driver?.close()
    throw withAddressHint(error, options.unset)
  }
  const settings = readEffective(options, native.config(id))
  const { node, prefix, version, max_args_bytes, notifies } = settings
  const { queues_disabled } = JSON.parse(native.status(id))
  const { queue_defaults } = options
  const info = { id, name, node, prefix, version, max_args_bytes, notifies, queues_disabled, queue_defaults }
  const local = new LocalEngine(info, options, settings, plugins)
  const engine = create(info, {
    call: (number, method, args) => /** @type {any} */ (native)[method](number, ...args),
    listeners: local.listeners,
    stop: (grace) => local.stop(grace),
    local,
  })
  state.engines.set(name, engine)
  announceChange()
  local.onStop(() => {
    if (state.engines.get(name) === engine) state.engines.delete(name)
    announceChange()
  })
  try {
    await local.open()
  } catch (error) {
    await local.stop(0)
    throw error
  }
  return engine
}

/**
 * The running engine, for a file that starts the engine and is loaded in a job isolate. If the engine does not run yet, the
 * returned one cannot be used, but enqueues by its name can once it runs.
 * @param {unknown} options
 * @param {CreateEngine} create
 */
function attachedEngine(options, create) {
  const { name = 'default', prefix = 'public' } = /** @type {{ name?: string, prefix?: string }} */ (options ?? {})
  const running = state.engines.get(name)
  if (running) return /** @type {EramEngine} */ (running)
  const info = { id: 0, name, node: '', prefix, version: null, max_args_bytes: 0, notifies: true }
  const call = () => {
    throw new EramError(
      'ERAM_NOT_RUNNING',
      `engine ${JSON.stringify(name)}: expected it to run in this process, it was not running when this thread started`,
    )
  }
  return create(info, { call, listeners: undefined, stop: async () => {} })
}

/** Informs the job threads of all engines that an engine has started or stopped. */
function announceChange() {
  for (const engine of state.engines.values()) /** @type {EramEngine} */ (engine).enginesChanged()
}
