// Finds the class that performs a worker's jobs: one that this isolate has registered, or the export of the file that it was
// registered with. Classes are recognized by their perform method and not by instanceof, because a job file may load another
// copy of this package (the CommonJS bundle instead of the ES module).

import { fileURLToPath } from 'node:url'
import { native, registry } from '../addon/index.js'
import { findWorker } from '../job/index.js'
import { EramError, fromNative } from '../shared/errors.js'
import { state } from '../shared/global-state.js'
import { importFile, typeScriptHint } from '../shared/import-file.js'
import { headline } from '../shared/serialize.js'
import { clearTimeout, setTimeout } from '../shared/timers.js'
import { isObject } from '../shared/validate.js'
import { importing } from './job-file.js'

/** @import { TransactionOptions } from '../drivers/open.js' */
/** @import { Registration } from '../job/registry.js' */
/** @import { Composed } from '../middleware/perform-chains.js' */

/** @typedef {'afterSuccess' | 'afterError' | 'afterDiscard' | 'afterAsync'} Hook  a method that runs after an attempt */

/**
 * What a runner needs of a job class, read once.
 * @typedef {object} LoadedClass
 * @property {string} name  of the worker
 * @property {new () => any} Class
 * @property {unknown} use  its middleware, as the class says
 * @property {Composed} composed  with the other middleware around its attempts
 * @property {boolean | TransactionOptions} transaction  perform runs in a transaction of the driver
 * @property {boolean | null} store_logs  the lines of ctx.log are stored; null: as the queue says
 * @property {boolean | null} measure  CPU time and heap are measured; null: as the queue says
 * @property {boolean} hooks  it has at least one after… method
 * @property {((attempt: number, error: unknown) => unknown) | undefined} backoff
 */

/** @type {readonly Hook[]} */
const HOOKS = ['afterSuccess', 'afterError', 'afterDiscard', 'afterAsync']

/** After how many milliseconds a job file that is still being imported causes a warning. */
const IMPORT_WARNING_AFTER = 10_000

/**
 * The class of a worker, if this isolate has it.
 * @param {string} worker
 * @returns {LoadedClass | undefined}
 */
export function known(worker) {
  return state.loaded.get(worker) ?? fromRegistry(worker)
}

/**
 * The class of a worker, imported from its file if necessary.
 * @param {string} worker
 * @returns {Promise<LoadedClass>}
 */
export async function load(worker) {
  const found = known(worker)
  if (found) return found
  const registration = registrationOf(worker)
  if (!registration?.filename) {
    throw new EramError(
      'ERAM_LOAD',
      `${worker}: expected a class that is registered on this thread or has a filename, got ${registration ? 'neither' : 'an unknown worker'}; ` +
        `register({ filename: import.meta.filename }) in its file`,
    )
  }
  const { name, filename } = registration
  const exports = await importing(name, filename, () => exportsOf(name, filename))
  // The file may have registered the class itself, under a name that its export does not show.
  const type = exportedClass(exports, [registration.name, worker]) ?? findWorker(worker)?.type ?? findWorker(registration.name)?.type
  if (!isJobClass(type)) {
    const names = Object.keys(exports).map((name) => JSON.stringify(name))
    throw new EramError(
      'ERAM_LOAD',
      `${registration.name}: expected ${registration.filename} to export class ${registration.name} with a perform method, ` +
        `got ${names.length > 0 ? `exports ${names.join(', ')}` : 'no exports'}`,
    )
  }
  return keep(worker, type, registration)
}

/** @param {string} worker */
function fromRegistry(worker) {
  const job = findWorker(worker)
  return job && isJobClass(job.type) ? keep(worker, job.type, job.registration) : undefined
}

/**
 * @param {string} worker
 * @param {Function} type
 * @param {Registration} registration
 * @returns {LoadedClass}
 */
function keep(worker, type, registration) {
  const jobClass = loadedClass(type, registration)
  state.loaded.set(worker, jobClass)
  return jobClass
}

/**
 * What a runner needs of a class.
 * @param {Function} type
 * @param {Pick<Registration, 'name' | 'transaction' | 'store_logs' | 'measure'>} registration
 * @returns {LoadedClass}
 */
export function loadedClass(type, registration) {
  const { prototype } = type
  const backoff = prototype.backoff ?? /** @type {{ backoff?: unknown }} */ (/** @type {unknown} */ (type)).backoff
  return {
    name: registration.name,
    use: /** @type {{ use?: unknown }} */ (/** @type {unknown} */ (type)).use,
    composed: new Map(),
    Class: /** @type {new () => any} */ (type),
    transaction: registration.transaction ?? false,
    store_logs: registration.store_logs ?? null,
    measure: registration.measure ?? null,
    hooks: HOOKS.some((hook) => typeof prototype[hook] === 'function'),
    backoff: typeof backoff === 'function' ? backoff : undefined,
  }
}

/**
 * A registration by name or alias, made by any thread that shares the registry.
 * @param {string} worker
 * @returns {Registration | undefined}
 */
function registrationOf(worker) {
  const stored = native().worker(registry(), worker)
  return stored === null ? undefined : JSON.parse(stored)
}

/** All registrations of the registry. @returns {Registration[]} */
export function registrations() {
  return JSON.parse(native().workers(registry()))
}

/**
 * @param {string} worker
 * @param {string} filename
 * @returns {Promise<Record<string, unknown>>}
 */
async function exportsOf(worker, filename) {
  const timer = setTimeout(() => {
    process.emitWarning(
      `${worker}: expected ${filename} to be imported within ${IMPORT_WARNING_AFTER / 1000} s, it is still loading; a top-level await in it, or in what it imports, does not settle`,
    )
  }, IMPORT_WARNING_AFTER).unref()
  try {
    return await importFile(filename.startsWith('file:') ? fileURLToPath(filename) : filename)
  } catch (thrown) {
    const cause = fromNative(thrown)
    const got = `${headline(cause)}${typeScriptHint(cause)}`
    throw new EramError('ERAM_LOAD', `${worker}: expected to import ${filename} in its job thread, got ${got}`, { cause })
  } finally {
    clearTimeout(timer)
  }
}

/**
 * The class that a file exports: by name, else the default export, else any exported class that is registered under the name.
 * @param {Record<string, any>} exports
 * @param {string[]} names
 * @returns {Function | undefined}
 */
function exportedClass(exports, names) {
  // For a CommonJS file, import() gives module.exports as the default export.
  const whole = exports.default
  const inner = /** @type {Record<string, unknown>} */ (isObject(whole) ? whole : {})
  for (const name of names) {
    const found = [exports[name], inner[name]].find(isJobClass)
    if (found) return found
  }
  if (isJobClass(whole)) return whole
  return [...Object.values(exports), ...Object.values(inner)].find(
    (value) => isJobClass(value) && names.includes(state.classes.get(value)?.name ?? ''),
  )
}

/** @param {unknown} value @returns {value is Function} */
function isJobClass(value) {
  return typeof value === 'function' && typeof value.prototype?.perform === 'function'
}
