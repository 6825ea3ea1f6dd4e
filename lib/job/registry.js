// The job classes of this isolate, by name and by alias. The addon checks registrations; this side adds what only JavaScript can
// see: the class itself and the file that it came from.

import { fileURLToPath } from 'node:url'
import { native } from '../addon/index.js'
import { EramError, translate } from '../shared/errors.js'
import { filePath } from '../shared/file-path.js'
import { state } from '../shared/global-state.js'
import { toJson } from '../shared/json.js'
import { invalid, optionsOf } from '../shared/validate.js'

/** @import { RegisterOptions } from '../../index.js' */
/** @import { TransactionOptions } from '../drivers/open.js' */
/** @import { LoadedClass } from './class-loader.js' */

/**
 * A registered class.
 * @typedef {object} JobClass
 * @property {string} name  of the worker
 * @property {Function} type  the class
 * @property {Registration} registration  as the addon returned it, with all defaults
 * @property {boolean} stored  whether the addon holds the registration and applies it to drafts
 * @property {Origin} origin
 * @property {string} [draftHead]  JSON text of a draft without options, cached by enqueue/draft.js
 */

/**
 * Checked options of a job class.
 * @typedef {{ name: string, queue?: string, filename?: string | null, aliases?: string[], isolation?: string,
 *   transaction?: boolean | TransactionOptions, [option: string]: unknown }} Registration
 */

/** @typedef {{ file: string, position: string, instance: string }} Origin  where a class was registered */

/** What class-loader.js has loaded, by worker name or alias; a new registration invalidates it. @type {Map<string, LoadedClass>} */
export const loaded = new Map()

/**
 * @param {Function} type
 * @param {RegisterOptions} options
 * @param {string | undefined} frame  the caller's line of a stack trace
 * @returns {JobClass}
 */
export function register(type, options, frame) {
  optionsOf(options, `${type.name}.register`, 'ERAM_JOB')
  const name = options.name ?? type.name
  if (typeof name !== 'string' || name === '') throw invalid('ERAM_JOB', 'register', 'the class or options.name to give a name', name)
  // Omitted or null means the main thread; an explicit undefined is an import.meta.filename that does not exist.
  const given = Object.hasOwn(options, 'filename') ? options.filename : null
  const filename = given === null ? null : filePath(given, `${name}.filename`, 'ERAM_JOB')
  const origin = originOf(frame, filename)
  const aliases = Array.isArray(options.aliases) ? options.aliases : []
  for (const each of [name, ...aliases]) rejectDuplicate(each, type, origin)

  const text = toJson(jobOptions({ ...options, name, filename }, name), name)
  /** @type {JobClass} */
  const job = { name, type, origin, ...(state.isJobIsolate ? adopt(name, text, filename) : store(text)) }
  for (const [key, other] of state.workers) if (other.name === name) state.workers.delete(key)
  for (const each of [name, ...aliases]) {
    state.workers.set(each, job)
    loaded.delete(each)
  }
  state.classes.set(type, job)
  // A running engine may have to start a thread for it.
  for (const engine of state.engines.values()) engine.registered?.(job)
  return job
}

/**
 * The registration of exactly this class; a subclass does not inherit it.
 * @param {Function} type
 * @returns {JobClass}
 */
export function registered(type) {
  const job = state.classes.get(type)
  if (job) return job
  const name = type.name || 'the class'
  throw new EramError('ERAM_JOB', `${name}: expected a registered job class; call ${name}.register({ … }) in its static block or after it`)
}

/**
 * The class of a worker, by name or alias.
 * @param {string} worker
 * @returns {JobClass | undefined}
 */
export function findWorker(worker) {
  return state.workers.get(worker)
}

/**
 * Replaces values of job options that JSON cannot represent.
 * @param {Record<string, unknown>} options
 * @param {string} name
 * @returns {Record<string, unknown>}
 */
export function jobOptions(options, name) {
  if (typeof options.backoff === 'function') {
    throw new EramError(
      'ERAM_JOB',
      `${name}.backoff: expected "oban", "exp", "none" or an object, got a function; make it a method of the class: backoff(attempt, error) { … }`,
    )
  }
  const { unique } = options
  if (typeof unique === 'object' && unique !== null && 'period' in unique && unique.period === Infinity) {
    return { ...options, unique: { ...unique, period: 'infinity' } }
  }
  return options
}

/** @param {string} text @returns {Pick<JobClass, 'registration' | 'stored'>} */
function store(text) {
  return { registration: JSON.parse(translate(() => native.register(text))), stored: true }
}

/**
 * In a job isolate the main thread's registration takes precedence over that of the file. A class that only this isolate has
 * loaded is registered if other threads can load it too; otherwise it can only be enqueued from here.
 * @param {string} name
 * @param {string} text
 * @param {string | null} filename
 * @returns {Pick<JobClass, 'registration' | 'stored'>}
 */
function adopt(name, text, filename) {
  const stored = native.worker(name)
  if (stored) return { registration: JSON.parse(stored), stored: true }
  return filename ? store(text) : { registration: JSON.parse(text), stored: false }
}

/**
 * Throws if another class has the name, because each would run the other's jobs. A file that is evaluated again (a second
 * import, a watcher, the CommonJS copy of the ES module) may define the same class again.
 * @param {string} name
 * @param {Function} type
 * @param {Origin} origin
 */
function rejectDuplicate(name, type, origin) {
  const other = state.workers.get(name)
  if (!other || other.type === type) return
  const isSame =
    other.origin.file === origin.file &&
    other.type.name === type.name &&
    (other.origin.position === origin.position || other.origin.instance !== origin.instance)
  if (isSame) return
  throw new EramError(
    'ERAM_JOB',
    `${type.name}.register: expected one class named ${JSON.stringify(name)}, got two, from ${locationOf(other.origin)} and ` +
      `${locationOf(origin)}; give one of them another name: register({ name: … })`,
  )
}

/** @param {Origin} origin */
function locationOf({ file, position }) {
  return position ? `${file}:${position}` : file
}

/**
 * @param {string | undefined} frame  such as "    at <static_initializer> (file:///app/jobs.js?t=1:3:5)"
 * @param {string | null} filename
 * @returns {Origin}
 */
function originOf(frame, filename) {
  const parts = /(?:\(|at (?:async )?)((?:file:|\/|[A-Za-z]:[\\/])[^()]*?):(\d+:\d+)\)?$/.exec(frame ?? '')
  const [, instance = '', position = ''] = parts ?? []
  const bare = instance.replace(/[?#].*$/, '')
  let caller = bare
  if (bare.startsWith('file:')) {
    try {
      caller = fileURLToPath(bare)
    } catch {
      // Not a path on this system; the URL is shown as it is.
    }
  }
  const file = filename ?? (caller || '(unknown file)')
  return { file, position: file === caller ? position : '', instance }
}
