// Starts an engine: the addon's part, then this side's.

import { native, registry } from '../addon/index.js'
import { detached } from '../enqueue/index.js'
import { checkAll } from '../job/index.js'
import { equip } from '../operations/index.js'
import { makePlugins } from '../plugins/index.js'
import { EramError, translated } from '../shared/errors.js'
import { setTransport, state } from '../shared/global-state.js'
import { dropMiddleware } from '../shared/middleware.js'
import { Setup } from '../shared/setup.js'
import { setImmediate } from '../shared/timers.js'
import { startOtel } from '../telemetry/index.js'
import { LocalEngine } from './local-engine.js'
import { readEffective, readOptions } from './options.js'
import { withRunnerHint } from './test-runners.js'
import { withAddressHint } from './unset-address.js'

/** @import { EngineInfo, EngineTransport, EramEngine } from './engine.js' */
/** @import { ParsedOptions } from './options.js' */

/** @typedef {(info: EngineInfo, transport: EngineTransport) => EramEngine} CreateEngine */

/**
 * @param {unknown} given  the options
 * @param {CreateEngine} create
 * @param {string | undefined} frame  the caller's line of a stack trace
 * @param {string} stack  all of it
 */
export async function startEngine(given, create, frame, stack) {
  const options = await readOptions(given)
  const { name } = options
  if (state.engines.has(name) || state.starting.has(name)) {
    await options.driver?.close()
    throw new EramError(
      'ERAM_ALREADY_RUNNING',
      `engine ${JSON.stringify(name)}: expected no running engine of that name, got one; stop it first, or start another with { name: '…' }`,
    )
  }
  state.starting.add(name)
  try {
    setTransport(native())
    checkAll()
    return await detached(() => start(options, create, frame, stack))
  } finally {
    state.starting.delete(name)
  }
}

/**
 * @param {ParsedOptions} options
 * @param {CreateEngine} create
 * @param {string | undefined} frame
 * @param {string} stack
 */
async function start(options, create, frame, stack) {
  const { name, create: createJob } = options
  let id
  let plugins
  let setup
  let otel
  try {
    plugins = makePlugins(options.plugins)
    setup = await Setup.start(
      options.setup,
      { isolate: 'main', queue: null, group: null, engine: name, workers: [] },
      { create: createJob },
    )
    const { attributes } = options
    if (options.otel) otel = await startOtel(options.otel, { engine: name, isolate: 'main', attributes })
    id = await translated(native().start(registry(), options.config))
  } catch (error) {
    dropMiddleware(name)
    await setup?.stop()
    await options.driver?.close()
    throw withAddressHint(error, options.unset)
  }
  const settings = readEffective(options, native().config(id))
  const { node, prefix, version, max_args_bytes, notifies, testing } = settings
  const { queues_disabled } = JSON.parse(native().status(id))
  const { queue_defaults } = options
  const info = { id, name, node, prefix, version, max_args_bytes, notifies, queues_disabled, queue_defaults, testing }
  const local = new LocalEngine(info, options, settings, { plugins, setup, otel, frame })
  const engine = create(info, {
    call: (number, method, args) => /** @type {any} */ (native())[method](number, ...args),
    webCalls: {
      begin: (reads, limit, wait) => native().beginWebCall(reads, limit, wait),
      leave: (call) => native().leaveWebCall(call),
      end: (call) => native().endWebCall(call),
    },
    listeners: local.listeners,
    equip,
    stop: (grace) => local.stop(grace),
    local,
  })
  state.engines.set(name, engine)
  state.starts.set(id, stack)
  announceChange()
  local.onStop(() => {
    dropMiddleware(name)
    if (state.engines.get(name) === engine) state.engines.delete(name)
    state.starts.delete(id)
    announceChange()
  })
  try {
    await local.open()
  } catch (error) {
    await local.stop(0)
    throw withRunnerHint(error)
  }
  setImmediate(() => local.listeners.started())
  return engine
}

/** Informs the job threads of all engines that an engine has started or stopped. */
function announceChange() {
  for (const engine of state.engines.values()) /** @type {EramEngine} */ (engine).enginesChanged()
}
