// State that all copies of this package in one JavaScript environment share: a program may load both the ES module and the
// CommonJS bundle, or installations in two folders, and each must know the classes that the other registers. Every thread has its
// own, and so has every context in which a test runner loads a test file.

import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { EramError } from './errors.js'
import { invalid, shown } from './validate.js'

/** @import { LoadedClass } from '../loading/class-loader.js' */
/** @import { JobFile } from '../loading/job-file.js' */
/** @import { Draft, EnqueueTarget } from '../job/draft.js' */
/** @import { JobClass, Registration } from '../job/registry.js' */
/** @import { Entry } from './middleware.js' */
/** @import { TransactionScope } from '../enqueue/transaction-scope.js' */

/**
 * Carries enqueues without a transaction to the database: the addon itself, or in a job process the host thread.
 * @typedef {object} EnqueueTransport
 * @property {(engine: number, drafts: string) => Promise<string>} enqueueEach  one draft per line, each inserted independently
 * @property {(engine: number, drafts: string) => Promise<string>} enqueueAll  a JSON array, all or none
 * @property {(engine: number, counts: string) => void} enqueued  counts jobs that were inserted: a JSON array of [queue, class, number]
 */

/**
 * The part of an engine that an enqueue needs. The engine was started in this isolate, or a job isolate attached to it.
 * @typedef {object} RunningEngine
 * @property {number} id
 * @property {string} name
 * @property {string} prefix
 * @property {string | null} [version]  the application's version, stamped on jobs that are enqueued in a transaction
 * @property {number} [max_args_bytes]
 * @property {'manual' | 'inline' | 'live' | null} [testing]  null: not in a test
 * @property {string} [node]
 * @property {boolean} [notifies]  false: its enqueues do not wake producers of other nodes
 * @property {(options: Registration, type: Function) => void} [checkClass]  throws if the engine runs jobs of a class that cannot be made
 * @property {QueueDefaults | null} [queue_defaults]  null: no queue has any
 * @property {(job: JobClass) => void} [registered]  called for each class that is registered while the engine runs
 */

/** @typedef {Record<string, Record<string, unknown>>} QueueDefaults  by queue: defaults of job options that are stored with a job */
/** @typedef {{ deps: import('../perform/runner.js').RunnerDeps }} JobServices */
/** @typedef {(tx: unknown, job: object) => unknown} CustomEnqueue */
/** @typedef {{ enqueue: CustomEnqueue, transaction: (fn: (tx: unknown) => Promise<any>) => Promise<any> }} CustomDriver */

/**
 * What the testing kit changes of enqueues.
 * @typedef {object} TestingHooks
 * @property {(name: string, jobClass: JobClass | undefined, options: Record<string, unknown>) => string | undefined} head  the text of
 *   a draft up to its arguments, where the addon is not to make it
 * @property {(draft: string, target: EnqueueTarget) => Promise<any> | undefined} intercept  the row of a draft that is not to be inserted
 * @property {() => boolean} takesAnyTransaction  whether any object may stand for a transaction
 * @property {<T>(what: string, promise: Promise<T>) => Promise<T>} watch  an enqueue that has begun
 * @property {() => () => void} openScope  a scope of withTransaction() has begun; returns what to call at its end
 */

/**
 * What lib/enqueue does for the public classes.
 * @typedef {object} Enqueueing
 * @property {(worker: Function | string, args?: unknown, options?: unknown) => Promise<any>} enqueue
 * @property {(drafts: Iterable<unknown>, options?: unknown) => Promise<any[]>} enqueueAll
 * @property {(draft: Draft, target: EnqueueTarget) => Promise<any>} enqueueDraft
 * @property {(drafts: Draft[], target: EnqueueTarget) => Promise<any[]>} enqueueDrafts
 * @property {<T>(tx: unknown, fn: () => T | Promise<T>, options?: { engine?: string, prefix?: string }) => Promise<T>} withTransaction
 */

/**
 * @typedef {object} State
 * @property {string} version  of this package
 * @property {string} folder  of the copy that was loaded first; its addon and its threads serve all copies
 * @property {any} native  the addon, once it is loaded
 * @property {number} registry  the addon's number for the classes of this environment; 0 until one is needed
 * @property {Map<string, JobClass>} workers  job classes by name and by alias
 * @property {Map<string, LoadedClass>} loaded  what runners need of them, by name and by alias
 * @property {WeakMap<Function, JobClass>} classes  the same by class
 * @property {Map<string, RunningEngine>} engines  by name
 * @property {Set<string>} starting  names of engines that are starting
 * @property {EnqueueTransport | null} transport
 * @property {Enqueueing | undefined} enqueueing  lib/enqueue, once it is imported
 * @property {boolean} isJobIsolate  whether this isolate is a job thread or a job process
 * @property {AsyncLocalStorage<JobFile>} jobFile  the file that a job isolate imports
 * @property {((frame: string | undefined) => EramError) | null} refusedStart  the error of a start of an engine in a job isolate
 * @property {((error: Error) => void) | null} refused  told what a job file must not do and does, before its import ends
 * @property {AsyncLocalStorage<TransactionScope>} transactionScope
 * @property {Map<string, JobServices>} services  what engines of this isolate offer to jobs, by engine name
 * @property {TestingHooks | null} testing  set by the testing kit
 * @property {(() => { trace_id: string, span_id: string } | undefined) | undefined} activeSpan  of a tracer, for log lines
 * @property {readonly Entry[] | undefined} middleware  of this isolate, the outermost first; undefined: none
 * @property {Map<number, string>} starts  where engines that run were started, as stack traces, by their numbers
 * @property {Set<{ engine: string, of: string, isolation: string }>} threads  job threads, and those of job processes, that have not ended
 * @property {Map<string, () => Promise<CustomDriver>>} customDrivers  drivers with an `enqueue` of their own, by engine name
 */

const KEY = Symbol.for('eramjs')

const shared = /** @type {Record<symbol, State | undefined>} */ (/** @type {unknown} */ (globalThis))

/** @typedef {{ version: string, folder: string }} Copy */

/**
 * Which copy of this package this is. A process may load several, see above; another version is refused.
 * @type {Copy}
 */
const copy = { version: versionOf('../../package.json'), folder: folderOf('../../') }

if (shared[KEY]) rejectOther(shared[KEY])

export const state = shared[KEY] ?? {
  ...copy,
  native: undefined,
  registry: 0,
  workers: new Map(),
  loaded: new Map(),
  classes: new WeakMap(),
  engines: new Map(),
  starting: new Set(),
  transport: null,
  enqueueing: undefined,
  isJobIsolate: false,
  jobFile: new AsyncLocalStorage(),
  refusedStart: null,
  refused: null,
  transactionScope: new AsyncLocalStorage(),
  services: new Map(),
  testing: null,
  middleware: undefined,
  activeSpan: undefined,
  starts: new Map(),
  threads: new Set(),
  customDrivers: new Map(),
}
shared[KEY] = state

/** The test runner, where it shows. jest loads each test file in a context of its own. @returns {'jest' | 'vitest' | undefined} */
export function testRunner() {
  if (process.env.VITEST) return 'vitest'
  return process.env.JEST_WORKER_ID ? 'jest' : undefined
}

/**
 * The same file in the copy of this package that was loaded first, whose addon serves all copies.
 * @param {URL} file
 */
export function inFirstCopy(file) {
  if (state.folder === copy.folder) return file
  return pathToFileURL(join(state.folder, relative(copy.folder, fileURLToPath(file))))
}

/** @param {EnqueueTransport} transport */
export function setTransport(transport) {
  state.transport = transport
}

/**
 * The running engine of that name.
 * @param {string} name
 * @returns {RunningEngine}
 */
export function engineNamed(name) {
  const engine = state.engines.get(name)
  if (engine) return engine
  const running = [...state.engines.keys()].map((key) => JSON.stringify(key)).join(', ')
  throw new EramError('ERAM_NOT_RUNNING', `engine: expected a running engine, got ${shown(name)}; running: ${running || 'none'}`)
}

/**
 * The engine to use: the given one, else the one named "default", else the only one.
 * @param {unknown} [given]  a name or an EramEngine
 * @returns {RunningEngine | undefined}
 */
export function runningEngine(given) {
  const { engines } = state
  if (given !== undefined && given !== null) return engineNamed(nameOf(given))
  return engines.get('default') ?? (engines.size === 1 ? engines.values().next().value : undefined)
}

/** @param {unknown} engine @returns {string} */
function nameOf(engine) {
  if (typeof engine === 'string') return engine
  const name = /** @type {{ name?: unknown }} */ (engine).name
  if (typeof name === 'string') return name
  throw invalid('ERAM_JOB', 'engine', 'an EramEngine or its name', engine)
}

/**
 * The engine and the transport for an enqueue without a transaction.
 * @param {unknown} [given]  a name or an EramEngine
 * @returns {{ engine: RunningEngine, transport: EnqueueTransport }}
 */
export function enqueueTransport(given) {
  const engine = runningEngine(given)
  if (engine && state.transport) return { engine, transport: state.transport }
  throw new EramError(
    'ERAM_NOT_RUNNING',
    state.engines.size > 1
      ? `enqueue: expected one engine to choose, got ${state.engines.size}, none of them named "default"; pass { engine: name }`
      : 'enqueue: expected a running engine, got none; await EramEngine.start({ … }) first (without queues it only enqueues), or pass { tx }',
  )
}

/**
 * Throws unless the copy that was loaded first has the version of this one.
 * @param {Partial<Copy>} first
 */
function rejectOther(first) {
  if (first.version === copy.version) return
  const shown = (/** @type {Partial<Copy>} */ { version = 'of an earlier version', folder = 'an unknown folder' }) =>
    `${version} (${folder})`
  throw new EramError(
    'ERAM_ADDON',
    `eramjs: expected one version in a thread, got ${shown(first)} and then ${shown(copy)}; ` +
      '`npm ls eramjs` shows which packages bring them: give all the same version, in a library as a peer dependency',
  )
}

/** @param {string} file */
function versionOf(file) {
  try {
    return createRequire(import.meta.url)(file).version
  } catch {
    // In a bundle, where lib/addon has more to say.
    return 'unknown'
  }
}

/** @param {string} place */
function folderOf(place) {
  try {
    return fileURLToPath(new URL(place, import.meta.url))
  } catch {
    return 'a bundle'
  }
}
