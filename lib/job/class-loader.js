// Finds the class that performs a worker's jobs: one that this environment knows, or the export of the file that it was
// registered with. Classes are recognised by their perform method and not by instanceof, because a job file may hold another
// copy of this package (the CommonJS bundle beside the ES module).

import { pathToFileURL } from 'node:url'
import { native } from '../addon/native.js'
import { HOOKS } from '../perform/hooks.js'
import { EramError, fromNative } from '../shared/errors.js'
import { state } from '../shared/global-state.js'
import { headline } from '../shared/serialize.js'
import { findWorker } from './registry.js'

/** @import { Performer } from '../perform/runner.js' */
/** @import { Registration } from './registry.js' */

const PATIENCE = 10_000

/** @type {Map<string, Performer>} */
const performers = new Map()

/**
 * The class of a worker, if this environment has it.
 * @param {string} worker
 * @returns {Performer | undefined}
 */
export function known(worker) {
  return performers.get(worker) ?? fromRegistry(worker)
}

/**
 * The class of a worker, from its file if need be.
 * @param {string} worker
 * @returns {Promise<Performer>}
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
  const exports = await importFile(registration.name, registration.filename)
  // The file may have registered the class itself, under a name that its export does not show.
  const type = exported(exports, [registration.name, worker]) ?? findWorker(worker)?.type ?? findWorker(registration.name)?.type
  if (!isJob(type)) {
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
  const entry = findWorker(worker)
  return entry && isJob(entry.type) ? keep(worker, entry.type, entry.registration) : undefined
}

/**
 * @param {string} worker
 * @param {Function} type
 * @param {Registration} registration
 * @returns {Performer}
 */
function keep(worker, type, registration) {
  const { prototype } = type
  const backoff = prototype.backoff ?? /** @type {{ backoff?: unknown }} */ (/** @type {unknown} */ (type)).backoff
  const performer = {
    Class: /** @type {new () => any} */ (type),
    transaction: registration.transaction ?? false,
    hooks: HOOKS.some((hook) => typeof prototype[hook] === 'function'),
    backoff: typeof backoff === 'function' ? backoff : undefined,
  }
  performers.set(worker, performer)
  return performer
}

/**
 * Forgets what was read of a class, because it has been registered again.
 * @param {Iterable<string>} workers
 */
export function forget(workers) {
  for (const worker of workers) performers.delete(worker)
}

/**
 * A registration by name or alias, from any thread of the process.
 * @param {string} worker
 * @returns {Registration | undefined}
 */
export function registrationOf(worker) {
  const stored = native.worker(worker)
  return stored === null ? undefined : JSON.parse(stored)
}

/** @returns {Registration[]} */
export function registrations() {
  return JSON.parse(native.workers())
}

/**
 * @param {string} worker
 * @param {string} filename
 * @returns {Promise<Record<string, unknown>>}
 */
async function importFile(worker, filename) {
  const timer = setTimeout(() => {
    process.emitWarning(`${worker}: expected ${filename} to be loaded by now; a top-level await in it, or in what it imports, does not end`)
  }, PATIENCE).unref()
  try {
    return await import(filename.startsWith('file:') ? filename : pathToFileURL(filename).href)
  } catch (thrown) {
    const cause = fromNative(thrown)
    const got = `${headline(cause)}${hint(filename, cause)}`
    throw new EramError('ERAM_LOAD', `${worker}: expected to import ${filename} in its job thread, got ${got}`, { cause })
  } finally {
    clearTimeout(timer)
  }
}

/**
 * @param {string} filename
 * @param {unknown} cause
 */
function hint(filename, cause) {
  const code = /** @type {NodeJS.ErrnoException} */ (cause)?.code
  if (code !== 'ERR_UNKNOWN_FILE_EXTENSION' || !/\.[cm]?tsx?$/.test(filename)) return ''
  return '; Node 22.18 and later strip types themselves, before that give the queue a loader: exec_argv: ["--import", "tsx"]'
}

/**
 * By name, then the default export, then whatever exported class is registered under the name.
 * @param {Record<string, any>} exports
 * @param {string[]} names
 * @returns {Function | undefined}
 */
function exported(exports, names) {
  // What import() makes of CommonJS: module.exports is the default export.
  const whole = exports.default
  for (const name of names) {
    const found = [exports[name], isObject(whole) ? whole[name] : undefined].find(isJob)
    if (found) return found
  }
  if (isJob(whole)) return whole
  return [...Object.values(exports), ...(isObject(whole) ? Object.values(whole) : [])].find(
    (value) => isJob(value) && names.includes(state.classes.get(value)?.name ?? ''),
  )
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isObject(value) {
  return typeof value === 'object' && value !== null
}

/** @param {unknown} value @returns {value is Function} */
export function isJob(value) {
  return typeof value === 'function' && typeof value.prototype?.perform === 'function'
}
