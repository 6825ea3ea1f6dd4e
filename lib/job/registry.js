// The job classes that this environment knows, by name and by alias. The rules of registration are the addon's; this side
// adds what only JavaScript can see: which class it is and which file it came from.

import { fileURLToPath } from 'node:url'
import { native } from '../addon/native.js'
import { EramError, shown, translate } from '../shared/errors.js'
import { filePath } from '../shared/files.js'
import { state } from '../shared/global-state.js'
import { toJson } from '../shared/json.js'

/** @import { RegisterOptions } from '../../index.js' */
/** @import { TransactionOptions } from '../perform/transactional.js' */

/**
 * @typedef {object} Entry
 * @property {string} name
 * @property {Function} type the class
 * @property {Registration} registration as the addon returned it, with all defaults
 * @property {boolean} known whether the addon holds the registration and builds drafts on it
 * @property {Origin} origin
 * @property {string} [start] of a draft without options, kept by draft.js
 */

/**
 * @typedef {{ name: string, queue?: string, filename?: string | null, aliases?: string[], isolation?: string,
 *   transaction?: boolean | TransactionOptions, [option: string]: unknown }} Registration
 */

/** @typedef {{ file: string, position: string, instance: string }} Origin */

/**
 * @param {Function} type
 * @param {RegisterOptions} options
 * @param {string | undefined} frame the caller's line of a stack trace
 * @returns {Entry}
 */
export function register(type, options, frame) {
  if (typeof options !== 'object' || options === null) {
    throw new EramError('ERAM_JOB', `${type.name}.register: expected an object of options, got ${shown(options)}`)
  }
  const name = options.name ?? type.name
  if (typeof name !== 'string' || name === '') {
    throw new EramError('ERAM_JOB', `register: expected the class or options.name to give a name, got ${shown(name)}`)
  }
  // Left out, or null, means the main thread; undefined means that import.meta.filename is not what it seems.
  const given = Object.hasOwn(options, 'filename') ? options.filename : null
  const filename = given === null ? null : filePath(given, `${name}.filename`, 'ERAM_JOB')
  const origin = originOf(frame, filename)
  const aliases = Array.isArray(options.aliases) ? options.aliases : []
  for (const each of [name, ...aliases]) refuseTwo(each, type, origin)

  const text = toJson(jobOptions({ ...options, name, filename }, name), name)
  /** @type {Entry} */
  const entry = { name, type, origin, ...(state.thread ? adopt(name, text, filename) : store(text)) }
  for (const [key, other] of state.workers) if (other.name === name) state.workers.delete(key)
  for (const each of [name, ...aliases]) state.workers.set(each, entry)
  state.classes.set(type, entry)
  // An engine that runs already may want a thread for it.
  for (const engine of state.engines.values()) engine.registered?.(entry)
  return entry
}

/**
 * The entry of a class that has been registered itself; a subclass does not inherit it.
 * @param {Function} type
 * @returns {Entry}
 */
export function registered(type) {
  const entry = state.classes.get(type)
  if (entry) return entry
  const name = type.name || 'the class'
  throw new EramError('ERAM_JOB', `${name}: expected a registered job class; call ${name}.register({ … }) in its static block or after it`)
}

/**
 * The class that runs the jobs of a worker, looked up by name or alias.
 * @param {string} worker
 * @returns {Entry | undefined}
 */
export function findWorker(worker) {
  return state.workers.get(worker)
}

/**
 * What JSON has no word for in job options, put into words.
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

/** @param {string} text @returns {Pick<Entry, 'registration' | 'known'>} */
function store(text) {
  return { registration: JSON.parse(translate(() => native.register(text))), known: true }
}

/**
 * In a job thread: the main thread's registration stands, whatever the file says now. A class that only this thread has
 * loaded is announced if other threads can load it as well; else it can be enqueued from here, and nothing more.
 * @param {string} name
 * @param {string} text
 * @param {string | null} filename
 * @returns {Pick<Entry, 'registration' | 'known'>}
 */
function adopt(name, text, filename) {
  const stored = native.worker(name)
  if (stored) return { registration: JSON.parse(stored), known: true }
  return filename ? store(text) : { registration: JSON.parse(text), known: false }
}

/**
 * Two classes of one name would take each other's jobs. A file that is evaluated again (a second import, a watcher, the
 * CommonJS copy beside the ES module) defines the same class anew and may.
 * @param {string} name
 * @param {Function} type
 * @param {Origin} origin
 */
function refuseTwo(name, type, origin) {
  const other = state.workers.get(name)
  if (!other || other.type === type) return
  const again =
    other.origin.file === origin.file &&
    other.type.name === type.name &&
    (other.origin.position === origin.position || other.origin.instance !== origin.instance)
  if (again) return
  throw new EramError(
    'ERAM_JOB',
    `${type.name}.register: expected one class named ${JSON.stringify(name)}, got two, from ${placeOf(other.origin)} and ` +
      `${placeOf(origin)}; give one of them another name: register({ name: … })`,
  )
}

/** @param {Origin} origin */
function placeOf({ file, position }) {
  return position ? `${file}:${position}` : file
}

/**
 * @param {string | undefined} frame such as "    at <static_initializer> (file:///app/jobs.js?t=1:3:5)"
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
      // A URL that is no path on this system is still a name to show.
    }
  }
  const file = filename ?? (caller || '(unknown file)')
  return { file, position: file === caller ? position : '', instance }
}
