// Reads the option `unique`: which other jobs a job may not stand beside.

import { JOB_STATES } from '../shared/job-states.js'
import { durationOf, inSeconds, MAX_DURATION } from './duration.js'
import { isMap, member, only, refused, textsOf, unexpected, wordOf, wordsOf } from './read.js'
import { jsonOf } from './show.js'

/** @import { At } from './read.js' */

/** @typedef {Record<string, any> & { fields: string[], keys: string[] }} Unique  every choice spelled out */

const FIELDS = /** @type {const} */ (['args', 'queue', 'worker', 'meta'])
const REPLACEABLE = /** @type {const} */ (['args', 'max_attempts', 'meta', 'priority', 'queue', 'scheduled_at', 'tags', 'worker'])
const REQUIRED = /** @type {const} */ (['scheduled', 'available', 'executing'])
/** How many of JOB_STATES, in their order, each group has. @type {Record<string, number>} */
const GROUPS = { all: 8, incomplete: 5, successful: 6 }

/** @type {Unique} */
const DEFAULTS = {
  fields: ['args', 'queue', 'worker'],
  keys: [],
  period: 60,
  states: JOB_STATES.slice(0, GROUPS.successful),
  timestamp: 'inserted_at',
  window: 'fixed',
}

/**
 * @param {At} at
 * @param {Unique | null} base  that of the class, of which an object changes single choices
 * @returns {Unique | null}
 */
export function uniqueOf(at, base) {
  const { value } = at
  if (value === false) return null
  if (value === true) return { ...DEFAULTS, period: 'infinity' }
  if (!isMap(value)) throw unexpected(at, 'true, false or an object { fields, keys, period, states, … }')
  const plain = base ?? DEFAULTS
  only(at, ['fields', 'keys', 'period', 'states', 'timestamp', 'window', 'replace'])
  const unique = {
    ...plain,
    fields: member(at, 'fields', fieldsOf, plain.fields),
    keys: member(at, 'keys', (it) => textsOf(it, 'a list of names'), plain.keys),
    period: member(at, 'period', periodOf, plain.period),
    states: member(at, 'states', statesOf, plain.states),
    timestamp: member(at, 'timestamp', (it) => wordOf(it, ['inserted_at', 'scheduled_at']), plain.timestamp),
    window: member(at, 'window', (it) => wordOf(it, ['fixed', 'sliding']), plain.window),
    replace: member(at, 'replace', replaceOf, plain.replace),
  }
  const { fields, keys } = unique
  if (keys.length > 0 && !fields.includes('args') && !fields.includes('meta')) {
    const got = `keys (${keys.join(', ')}) and the fields ${fields.join(', ')}`
    throw refused(at, `expected args or meta among the fields, got ${got}; keys are members of args and meta`)
  }
  return unique
}

/** @param {At} at @returns {string[]} */
function fieldsOf(at) {
  const fields = wordsOf(at, FIELDS, 'a list of args, queue, worker, meta')
  if (fields.length > 0) return fields
  throw unexpected(at, 'at least one of args, queue, worker, meta')
}

/** @param {At} at */
function periodOf(at) {
  return at.value === 'infinity' ? 'infinity' : inSeconds(durationOf(at, 'seconds', 1000, MAX_DURATION))
}

/** @param {At} at @returns {string[]} */
function statesOf(at) {
  const { value } = at
  if (typeof value === 'string' && Object.hasOwn(GROUPS, value)) return JOB_STATES.slice(0, GROUPS[value])
  const what = '"all", "incomplete", "successful" or a list of states'
  const states = value === 'scheduled' ? [value] : wordsOf(at, JOB_STATES, what)
  const missing = REQUIRED.filter((state) => !states.includes(state))
  if (missing.length === 0) return states
  const got = `${jsonOf(value)} without ${missing.join(' and ')}`
  const why = 'a job moves between them by itself and would come back to a place that is taken'
  throw refused(at, `expected scheduled, available and executing among the states, got ${got}; ${why}`)
}

/** @param {At} at */
function replaceOf(at) {
  const what = 'a list of fields to replace'
  const fields = (/** @type {At} */ it) => wordsOf(it, REPLACEABLE, what)
  if (Array.isArray(at.value)) return fields(at)
  if (!isMap(at.value)) throw unexpected(at, `${what}, or an object { state: [field, …] }`)
  only(at, JOB_STATES)
  const states = JOB_STATES.map((state) => [state, member(at, state, fields)])
  return Object.fromEntries(states.filter(([, replaced]) => replaced !== undefined))
}
