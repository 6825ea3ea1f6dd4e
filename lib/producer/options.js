// Reads the options of a job over those of its class, and writes the members of a draft: what differs from the database's defaults.

import { durationOf } from './duration.js'
import { integerOf, isMap, member, numberOf, objectOf, only, textOf, textsOf, unexpected, wordOf } from './read.js'
import { uniqueOf } from './unique.js'

/** @import { At } from './read.js' */
/** @import { Unique } from './unique.js' */

/** Nine digits of milliseconds. */
const MAX_TIMEOUT = 999_999_999
/** The longest delay between attempts, in seconds. */
const MAX_DELAY = 30 * 86_400

/**
 * null: none.
 * @typedef {object} JobOptions
 * @property {('priority' | 'max_attempts')[]} [given]  of a class: those for which a queue may have a default, and the class says
 * @property {string} queue
 * @property {number} priority
 * @property {number} max_attempts
 * @property {string[]} tags
 * @property {object} meta
 * @property {Unique | null} unique
 * @property {number | null} timeout
 * @property {unknown} backoff
 * @property {'pinned' | 'min' | null} version
 */

/** @type {JobOptions} */
export const DEFAULTS = {
  queue: 'default',
  priority: 0,
  max_attempts: 20,
  tags: [],
  meta: {},
  unique: null,
  timeout: null,
  backoff: null,
  version: null,
}

/**
 * Does not look for unknown keys.
 * @param {At} at
 * @param {JobOptions} base
 * @returns {JobOptions}
 */
export function optionsOf(at, base) {
  return {
    queue: member(at, 'queue', (it) => textOf(it, 127), base.queue),
    priority: member(at, 'priority', (it) => integerOf(it, 0, 9), base.priority),
    max_attempts: member(at, 'max_attempts', (it) => integerOf(it, 1, MAX_TIMEOUT), base.max_attempts),
    tags: member(at, 'tags', (it) => textsOf(it, 'a list of texts'), base.tags),
    meta: member(at, 'meta', objectOf, base.meta),
    unique: member(at, 'unique', (it) => uniqueOf(it, base.unique), base.unique),
    timeout: member(at, 'timeout', (it) => unlessFalse(it, timeoutOf), base.timeout),
    backoff: member(at, 'backoff', backoffOf, base.backoff),
    version: member(at, 'version', (it) => unlessFalse(it, (rule) => wordOf(rule, ['pinned', 'min'])), base.version),
  }
}

/**
 * @param {JobOptions} options
 * @returns {Record<string, unknown>}
 */
export function membersOf({ version, ...options }) {
  const all = Object.entries({ ...options, version_rule: version })
  const plain = /** @type {Record<string, unknown>} */ ({ ...DEFAULTS, version_rule: null })
  // Lists and objects that are empty count as the default, too.
  return Object.fromEntries(all.filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(plain[key])))
}

/**
 * @template T
 * @param {At} at
 * @param {(at: At) => T} read
 */
function unlessFalse(at, read) {
  return at.value === false ? null : read(at)
}

/** @param {At} at */
function timeoutOf(at) {
  return durationOf(at, 'milliseconds', 1, MAX_TIMEOUT)
}

/** @param {At} at */
export function backoffOf(at) {
  const { value } = at
  if (value === 'oban' || value === 'exp' || value === 'none') return value
  if (!isMap(value)) throw unexpected(at, '"oban", "exp", "none" or an object { base, factor, max, jitter }')
  only(at, ['base', 'factor', 'max', 'jitter'])
  const number = (/** @type {string} */ key, /** @type {number} */ least, /** @type {number} */ most, /** @type {number} */ usual) =>
    member(at, key, (it) => numberOf(it, least, most), usual)
  return {
    base: number('base', 0, MAX_DELAY, 1),
    factor: number('factor', 1, 1000, 2),
    max: number('max', 0, MAX_DELAY, 86_400),
    jitter: number('jitter', 0, 1, 0.1),
  }
}
