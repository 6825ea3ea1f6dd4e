// What all copies of this package in one JavaScript environment share: a program may load both the ES module and the
// CommonJS bundle, and a class registered through one must be known to the other. Each thread has its own.

import { AsyncLocalStorage } from 'node:async_hooks'
import { EramError, shown } from './errors.js'

/** @import { Entry } from '../job/registry.js' */
/** @import { Scope } from '../enqueue/transaction-scope.js' */

/**
 * The way to the database for enqueues without a transaction: the addon, or in a child process the parent.
 * @typedef {object} Port
 * @property {(engine: number, drafts: string) => Promise<string>} enqueueEach  one draft a line, each for itself
 * @property {(engine: number, drafts: string) => Promise<string>} enqueueAll  a JSON array, all or none
 */

/**
 * An engine as an enqueue needs it. Started here, or attached to by a job thread.
 * @typedef {object} Running
 * @property {number} id
 * @property {string} name
 * @property {string} prefix
 * @property {string | null} [version] the application's version, written on jobs enqueued in a transaction
 * @property {number} [max_args_bytes]
 * @property {string} [node]
 * @property {boolean} [notifies] false: its enqueues wake nobody
 * @property {(entry: Entry) => void} [registered] hears of classes that are registered while it runs
 */

/** @typedef {(tx: unknown, job: object) => unknown} OwnEnqueue */
/** @typedef {{ enqueue: OwnEnqueue, transaction: (fn: (tx: unknown) => Promise<any>) => Promise<any> }} OwnDriver */

/**
 * @typedef {object} State
 * @property {Map<string, Entry>} workers job classes by name and by alias
 * @property {WeakMap<Function, Entry>} classes the same by class
 * @property {Map<string, Running>} engines by name
 * @property {Port | null} port
 * @property {boolean} thread whether this environment is a job thread or a job's child process
 * @property {AsyncLocalStorage<Scope>} ambient
 * @property {Map<string, () => Promise<OwnDriver>>} enqueuers drivers with an enqueue of their own, by engine
 * @property {{ last: number, kept: Map<number, unknown> }} errors those whose number a driver adapter gave
 */

const KEY = Symbol.for('eramjs')

const shared = /** @type {Record<symbol, State | undefined>} */ (/** @type {unknown} */ (globalThis))

export const state = shared[KEY] ?? {
  workers: new Map(),
  classes: new WeakMap(),
  engines: new Map(),
  port: null,
  thread: false,
  ambient: new AsyncLocalStorage(),
  enqueuers: new Map(),
  errors: { last: 0, kept: new Map() },
}
shared[KEY] = state

/** @param {Port} port */
export function setPort(port) {
  state.port = port
}

/**
 * The engine that is meant: the named one, else the default, else the only one.
 * @param {unknown} [named] a name or an EramEngine
 * @returns {Running | undefined}
 */
export function runningEngine(named) {
  const { engines } = state
  if (named !== undefined && named !== null) {
    const name = engineName(named)
    const engine = engines.get(name)
    if (engine) return engine
    const known = [...engines.keys()].map((key) => JSON.stringify(key)).join(', ')
    throw new EramError('ERAM_STOPPED', `engine: expected a running engine, got ${JSON.stringify(name)}; running: ${known || 'none'}`)
  }
  return engines.get('default') ?? (engines.size === 1 ? engines.values().next().value : undefined)
}

/** @param {unknown} named @returns {string} */
function engineName(named) {
  if (typeof named === 'string') return named
  const name = /** @type {{ name?: unknown }} */ (named).name
  if (typeof name === 'string') return name
  throw new EramError('ERAM_JOB', `engine: expected an EramEngine or its name, got ${shown(named)}`)
}

/**
 * The engine and the port for an enqueue without a transaction.
 * @param {unknown} [named]
 * @returns {{ engine: Running, port: Port }}
 */
export function port(named) {
  const engine = runningEngine(named)
  if (engine && state.port) return { engine, port: state.port }
  throw new EramError(
    'ERAM_STOPPED',
    state.engines.size > 1
      ? `enqueue: expected one engine to choose, got ${state.engines.size} and none is named "default"; pass { engine: name }`
      : 'enqueue: expected a running engine, got none; await EramEngine.start({ … }) first (without queues it only enqueues), or pass { tx }',
  )
}
