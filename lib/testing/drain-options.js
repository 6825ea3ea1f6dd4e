// What the options of drain() and fake.perform() say, and what both count.

import { registered } from '../job/index.js'
import { EramError } from '../shared/errors.js'
import { invalidOption, isRecord } from '../shared/validate.js'

/** @import { Meaning } from './memory/outcome.js' */
/** @import { Place } from './source.js' */

/** @typedef {Place & { queue?: unknown, only?: unknown, with_scheduled?: unknown, with_recursion?: unknown, limit?: unknown, throws?: unknown }} DrainOptions */
/** @typedef {{ queues?: string[], workers?: string[], until?: number | 'infinity' }} Choice */

const LIMIT = 10_000

/**
 * @param {string} subject
 * @param {unknown} options
 * @param {string[]} keys
 */
export function checkDrainOptions(subject, options, keys) {
  if (!isRecord(options)) throw invalidOption(subject, 'an object of options', options)
  for (const key of Object.keys(options)) if (!keys.includes(key)) throw invalidOption(subject, `only ${keys.join(', ')}`, key)
  const { limit = LIMIT, with_recursion = true, throws = false } = options
  if (!(Number.isInteger(limit) && limit > 0)) throw invalidOption(`${subject}.limit`, 'a positive integer', limit)
  for (const [key, value] of Object.entries({ with_recursion, throws })) {
    if (typeof value !== 'boolean') throw invalidOption(`${subject}.${key}`, 'true or false', value)
  }
  return /** @type {{ limit: number, with_recursion: boolean, throws: boolean }} */ ({ limit, with_recursion, throws })
}

/** @param {string} subject @param {DrainOptions} options @returns {Choice} */
export function readChoice(subject, { queue, only, with_scheduled = false }) {
  if (only !== undefined && !Array.isArray(only)) throw invalidOption(`${subject}.only`, 'an array of job classes', only)
  const queues = queue === undefined ? undefined : [queue].flat()
  if (queues && !queues.every((each) => typeof each === 'string'))
    throw invalidOption(`${subject}.queue`, 'the name of a queue, or several', queue)
  if (typeof with_scheduled !== 'boolean' && !(with_scheduled instanceof Date))
    throw invalidOption(`${subject}.with_scheduled`, 'true, false or a Date', with_scheduled)
  const until =
    with_scheduled === true ? /** @type {const} */ ('infinity') : with_scheduled === false ? undefined : with_scheduled.getTime()
  return {
    ...(queues && { queues: /** @type {string[]} */ (queues) }),
    ...(only !== undefined && { workers: only.map((/** @type {Function} */ type) => registered(type).name) }),
    ...(until !== undefined && { until }),
  }
}

/** Attempts by how they ended, and by class. */
export class Counts {
  events = { success: 0, failure: 0, discard: 0, cancelled: 0, snoozed: 0, released: 0 }
  attempts = 0
  /** @type {Map<string, number>} */
  workers = new Map()

  /** @param {string} worker @param {Meaning['event']} event */
  add(worker, event) {
    this.events[event] += 1
    this.attempts += 1
    this.workers.set(worker, (this.workers.get(worker) ?? 0) + 1)
  }
}

/** @param {string} subject @param {number} limit @param {Counts} counts */
export function tooMany(subject, limit, { workers }) {
  const busiest = [...workers].sort(([, a], [, b]) => b - a).slice(0, 3)
  const names = busiest.map(([worker, count]) => `${worker} (${count})`).join(', ')
  return new EramError('ERAM_TIMEOUT', `${subject}: expected at most ${limit} attempts, got more; most were of ${names}`)
}
