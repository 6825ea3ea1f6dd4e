// The job that an assertion expects: a class with args, or an object of members.

import { registered } from '../job/index.js'
import { durationOf } from '../producer/index.js'
import { invalidOption, isRecord, shown } from '../shared/validate.js'
import { differences, show } from './match.js'

/** @import { Difference } from './match.js' */

/** @typedef {Record<string, any>} Job  a row with Dates */
/** @typedef {Record<string, any>} Expected */

/** Members that are compared as they are. */
const PLAIN = ['queue', 'priority', 'tags', 'scheduled_at']
/** Members of which a part may be given. */
const DEEP = ['args', 'meta']
const OTHERS = ['worker', 'state', 'scheduled_in', 'within', 'count']
const KEYS = [...PLAIN, ...DEEP, ...OTHERS]
/** Jobs that were enqueued and have not begun. */
const WAITING = ['available', 'scheduled', 'suspended']
const SECOND = 1000
const CENTURY = 3_155_760_000_000

/**
 * @param {unknown} given  a job class, or members of the expected job
 * @param {unknown} args  with a class
 * @param {string} subject
 * @returns {Expected}
 */
export function readExpected(given, args, subject) {
  if (typeof given === 'function') return { worker: registered(given).name, ...(args !== undefined && { args }) }
  if (!isRecord(given)) throw invalidOption(subject, 'a job class, or an object of members', given)
  for (const key of Object.keys(given)) if (!KEYS.includes(key)) throw invalidOption(subject, `only ${KEYS.join(', ')}`, key)
  const { worker, count, state } = given
  if (count !== undefined && !(Number.isInteger(count) && count > 0)) throw invalidOption(`${subject}.count`, 'a positive integer', count)
  if (state !== undefined && typeof state !== 'string' && !Array.isArray(state)) {
    throw invalidOption(`${subject}.state`, 'a state, or an array of states', state)
  }
  return { ...given, ...(typeof worker === 'function' && { worker: registered(worker).name }) }
}

/**
 * What the statement that finds candidates looks for.
 * @param {Expected} expected
 * @returns {{ workers?: string[], states: string[] }}
 */
export function wanted({ worker, state = WAITING }) {
  return { ...(typeof worker === 'string' && { workers: [worker] }), states: [state].flat() }
}

/**
 * Where a job differs from the expected one.
 * @param {Expected} expected
 * @param {Job} job
 * @returns {Difference[]}
 */
export function compare(expected, job) {
  const given = (/** @type {string} */ key) => Object.hasOwn(expected, key)
  return [
    ...['worker', ...PLAIN.slice(0, 3), ...DEEP].filter(given).flatMap((key) => differences(expected[key], job[key], key)),
    ...dueDifferences(expected, job),
  ]
}

/** @param {Expected} expected @param {Job} job @returns {Difference[]} */
function dueDifferences({ scheduled_at, scheduled_in, within = SECOND }, job) {
  const tolerance = milliseconds(within, 'within')
  const due =
    scheduled_at ??
    (scheduled_in === undefined ? undefined : new Date(Number(job.inserted_at) + milliseconds(scheduled_in, 'scheduled_in')))
  if (due === undefined) return []
  if (!(due instanceof Date)) throw invalidOption('scheduled_at', 'a Date', due)
  if (Math.abs(Number(job.scheduled_at) - Number(due)) <= tolerance) return []
  return [{ path: 'scheduled_at', expected: `${show(due)} ± ${tolerance} ms`, got: show(job.scheduled_at) }]
}

/**
 * @param {unknown} value  a bare number is in milliseconds
 * @param {string} subject
 */
export function milliseconds(value, subject) {
  try {
    return durationOf({ value, path: subject }, 'milliseconds', 0, CENTURY)
  } catch {
    throw invalidOption(subject, 'a duration (milliseconds, { hours: 1 } or "1 hour")', value)
  }
}

/** @param {Expected} expected */
export function describe({ worker, count, ...rest }) {
  const members = Object.keys(rest).length > 0 ? ` ${show(rest)}` : ''
  const name = typeof worker === 'string' ? worker : worker === undefined ? 'of any class' : shown(worker)
  return count === undefined ? `a job ${name}${members}` : `${count} jobs ${name}${members}`
}
