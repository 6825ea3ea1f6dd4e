// Drafts and classes by the rules in JavaScript, which eramjs/enqueue has too: the testing kit needs no addon for them.

import { findWorker } from '../../job/index.js'
import { loadedClass } from '../../loading/index.js'
import { backoffOf, classOptions, draftHead } from '../../producer/index.js'
import { CLASS_OPTION_KEYS, REGISTER_OPTION_KEYS } from '../../shared/option-keys.js'

/** @import { JobClass } from '../../job/registry.js' */
/** @import { Backoff } from './outcome.js' */

/** Options of the class alone, which its jobs do not have. @type {readonly string[]} */
const ALONE = REGISTER_OPTION_KEYS.filter((key) => !CLASS_OPTION_KEYS.some((each) => each === key))

/** @type {WeakMap<JobClass, ReturnType<typeof read>>} */
const cache = new WeakMap()

/**
 * The registered options of a class.
 * @param {JobClass} job
 */
export function plainClass(job) {
  const found = cache.get(job) ?? read(job)
  cache.set(job, found)
  return found
}

/** @param {JobClass} job */
function read({ name, type, declaration }) {
  const all = Object.entries(/** @type {Record<string, any>} */ (JSON.parse(declaration)))
  const own = Object.fromEntries(all.filter(([key]) => ALONE.includes(key)))
  const shared = Object.fromEntries(all.filter(([key]) => !ALONE.includes(key)))
  const base = classOptions(name, shared)
  const { backoff } = shared
  return {
    base,
    backoff: /** @type {Backoff | null} */ ((backoff ?? null) === null ? null : backoffOf({ value: backoff, path: `${name}.backoff` })),
    loaded: loadedClass(type, { name, transaction: own.transaction, store_logs: own.store_logs }),
  }
}

/**
 * The text of a draft up to its arguments.
 * @param {string} name  of the worker
 * @param {JobClass | undefined} jobClass
 * @param {Record<string, unknown>} options
 */
export function plainHead(name, jobClass, options) {
  const job = jobClass ?? findWorker(name)
  return draftHead(name, options, job && plainClass(job).base)
}
