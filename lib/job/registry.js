// The job classes of this isolate, by name and by alias. The addon checks registrations, at once if it is loaded, else with the first
// use of the class; this side adds what only JavaScript can see: the class itself and the file that it came from.

import { isLoaded, native, registry } from '../addon/index.js'
import { isWhole } from '../shared/bounded-json.js'
import { locationOf, originOf } from '../shared/caller.js'
import { optionsToJson } from '../shared/draft.js'
import { EramError, translate } from '../shared/errors.js'
import { filePath } from '../shared/file-path.js'
import { state, testRunner } from '../shared/global-state.js'
import { REGISTER_OPTION_KEYS } from '../shared/option-keys.js'
import { invalid, optionsOf } from '../shared/validate.js'
import { isAnother } from './same-class.js'

/** @import { RegisterOptions } from '../../index.js' */
/** @import { TransactionOptions } from '../drivers/open.js' */
/** @import { Origin } from '../shared/caller.js' */
/** @import { Registered } from './same-class.js' */

/**
 * A registered class.
 * @typedef {object} JobClass
 * @property {string} name  of the worker
 * @property {Function} type  the class
 * @property {Registration} registration  as the addon returned it, with all defaults; to read it loads the addon, and throws if it is wrong
 * @property {boolean} stored  whether the addon holds the registration and applies it to drafts
 * @property {Origin} origin
 * @property {string[]} declared  the options of its registrations, as JSON without the path of the file
 * @property {string} declaration  those of the last one
 * @property {string} [draftHead]  JSON text of a draft without options, cached by draft.js
 */

/**
 * Checked options of a job class.
 * @typedef {{ name: string, queue?: string, filename?: string | null, aliases?: string[], isolation?: string,
 *   transaction?: boolean | TransactionOptions, store_logs?: boolean | null, measure?: boolean | null, [option: string]: unknown }} Registration
 */

/** @typedef {{ registration: Registration, stored: boolean }} Checked */

/** @type {ReadonlySet<string>} */
const KNOWN = new Set(REGISTER_OPTION_KEYS)

/** What compilers and bundlers call a class without a name: default, _default, default_1, jobs_default, __WEBPACK_DEFAULT_EXPORT__. */
const ANONYMOUS = /^$|(?:^|_)default(?:_+export_*)?(?:[_$]?\d+)?$|^__WEBPACK_DEFAULT_EXPORT__$|^_class\d*$/

/** No name that people give has so few characters; minifiers begin with these. */
const SHORTEST = 3

/**
 * @param {Function} type
 * @param {RegisterOptions} options
 * @param {string | undefined} frame  the caller's line of a stack trace
 * @returns {JobClass}
 */
export function register(type, options, frame) {
  optionsOf(options, `${type.name}.register`, 'ERAM_JOB')
  const name = workerName(type, options.name)
  // Omitted or null means the main thread; an explicit undefined is an import.meta.filename that does not exist.
  const given = Object.hasOwn(options, 'filename') ? options.filename : null
  const filename = given === null ? null : filePath(given, `${name}.filename`, 'ERAM_JOB')
  const origin = originOf(frame, filename)
  const aliases = Array.isArray(options.aliases) ? options.aliases : []
  const text = optionsToJson({ ...options, name, filename }, name)
  const declaration = optionsToJson({ ...options, name, filename: filename !== null }, name)
  const declared = [...new Set([...(state.classes.get(type)?.declared ?? []), declaration])]
  for (const each of [name, ...aliases]) rejectDuplicate(each, { type, origin, declared })
  for (const engine of state.engines.values()) engine.checkClass?.({ ...options, name, filename }, type)

  /** @type {Checked | undefined} */
  let checked
  const check = () => (checked ??= state.isJobIsolate ? adopt(name, text, filename) : { registration: store(text), stored: true })
  // A name that is wrong is an error now, with the addon's message.
  if (isLoaded() || Object.keys(options).some((key) => !KNOWN.has(key))) check()
  /** @type {JobClass} */
  const job = {
    name,
    type,
    origin,
    declared,
    declaration,
    get registration() {
      return check().registration
    },
    get stored() {
      return check().stored
    },
  }
  for (const [key, other] of state.workers) if (other.name === name) state.workers.delete(key)
  for (const each of [name, ...aliases, ...(checked?.registration.aliases ?? [])]) state.loaded.delete(each)
  for (const each of [name, ...aliases]) state.workers.set(each, job)
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

/** Has the addon check all classes. */
export function checkAll() {
  for (const job of new Set(state.workers.values())) checkClass(job)
}

/**
 * Has the addon check a class, unless it has; throws if the registration is wrong.
 * @param {JobClass} job
 */
export function checkClass(job) {
  return job.registration
}

/** @param {string} text @returns {Registration} */
function store(text) {
  return JSON.parse(translate(() => native().register(registry(), text)))
}

/**
 * In a job isolate the main thread's registration takes precedence over that of the file. A class that only this isolate has
 * loaded is registered if other threads can load it too; otherwise it can only be enqueued from here.
 * @param {string} name
 * @param {string} text
 * @param {string | null} filename
 * @returns {Checked}
 */
function adopt(name, text, filename) {
  const stored = native().worker(registry(), name)
  if (stored) return { registration: JSON.parse(stored), stored: true }
  return filename ? { registration: store(text), stored: true } : { registration: JSON.parse(text), stored: false }
}

/**
 * Throws if another class has the name, because each would run the other's jobs. A file that is evaluated again (a second
 * import, a watcher, the CommonJS copy of the ES module, a second chunk of a bundle) may define the same class again.
 * @param {string} name
 * @param {Registered} job
 */
function rejectDuplicate(name, job) {
  const other = state.workers.get(name)
  if (!other || other.type === job.type) return
  // vitest may run its files one after the other in one environment, and drop the modules of each.
  if (testRunner() && state.engines.size === 0) return
  if (!isAnother(other, job)) return
  throw new EramError(
    'ERAM_JOB',
    `${job.type.name}.register: expected one class named ${JSON.stringify(name)}, got two, from ${locationOf(other.origin)} and ` +
      `${locationOf(job.origin)}; give one of them another name: register({ name: … })`,
  )
}

/**
 * The name of a worker: given, or that of its class, unless a build tool has changed it. The name is stored with each job, so it
 * must be the same in every build.
 * @param {Function} type
 * @param {unknown} given  options.name
 * @returns {string}
 */
function workerName(type, given) {
  const name = given ?? type.name
  if (typeof name !== 'string' || name === '') throw refused(name, '')
  if (!isWhole(name)) throw refused(name, ', which holds half of a surrogate pair')
  if (given === undefined || given === null) {
    if (ANONYMOUS.test(name)) throw refused(name, ', which is that of a class without a name')
    if (name.length < SHORTEST) throw refused(name, ', which is that of a minifier and may differ in the next build')
  }
  return name
}

/**
 * @param {unknown} name
 * @param {string} reason
 * @returns {EramError}
 */
function refused(name, reason) {
  const error = invalid('ERAM_JOB', 'register', 'the class or options.name to give a name', name)
  if (typeof name !== 'string') return error
  return new EramError('ERAM_JOB', `${error.message}${reason}; give it one that lasts: register({ name: 'EmailUserJob' })`)
}
