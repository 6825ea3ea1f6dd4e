// Reads ids and filters of jobs for the addon, which applies the rules, for instance that a filter must not match all jobs.

import { toJson } from '../shared/json.js'
import { invalidOption, recordOf } from '../shared/validate.js'

/** @import { Option } from './operation.js' */

/** @typedef {Record<string, any>} Json */

/** The conditions of a filter. @type {Record<string, Option>} */
export const FILTER = {
  id: { kind: 'ids', meaning: 'one of these ids' },
  state: { kind: 'names', meaning: 'in one of these states' },
  queue: { kind: 'names', meaning: 'in one of these queues' },
  worker: { kind: 'names', meaning: 'of one of these job classes, by name' },
  tags: { kind: 'names', meaning: 'with all of these tags' },
  args: { kind: 'object', meaning: "args that contain this, as PostgreSQL's `@>` does" },
  meta: { kind: 'object', meaning: "meta that contain this, as PostgreSQL's `@>` does" },
  inserted_from: { kind: 'time', meaning: 'enqueued then or later' },
  inserted_until: { kind: 'time', meaning: 'enqueued before' },
  scheduled_from: { kind: 'time', meaning: 'due then or later' },
  scheduled_until: { kind: 'time', meaning: 'due before' },
  fingerprint: { kind: 'name', meaning: 'that fail alike, as jobs.failures groups them' },
}

/** Conditions of one value or several, and the addon's names for the lists. */
const LISTS = new Map([
  ['id', 'ids'],
  ['state', 'states'],
  ['queue', 'queues'],
  ['worker', 'workers'],
])

/**
 * @param {unknown} which  an id, ids, or a filter
 * @param {string} subject
 * @returns {Json}
 */
export function readWhich(which, subject) {
  if (typeof which === 'number') return { ids: [readId(which, subject)] }
  if (Array.isArray(which)) return { ids: which.map((id) => readId(id, subject)) }
  return readFilter(recordOf(which, subject), subject, [])
}

/**
 * @param {Json} filter
 * @param {string} subject
 * @param {string[]} otherOptions  keys that the caller has removed
 * @returns {Json}
 */
export function readFilter(filter, subject, otherOptions) {
  /** @type {Json} */
  const read = {}
  for (const [key, value] of Object.entries(filter)) {
    if (value === undefined) continue
    const list = LISTS.get(key)
    if (list !== undefined) {
      read[list] = Array.isArray(value) ? value : [value]
    } else if (key === 'tags') {
      read.tags = Array.isArray(value) ? value : [value]
    } else if (key === 'args' || key === 'meta') {
      // As text, which the addon passes on to the database.
      read[key] = toJson(recordOf(value, `${subject}: ${key}`), `${subject}: ${key}`)
    } else if (FILTER[key]?.kind === 'time' || key === 'fingerprint') {
      read[key] = value
    } else {
      throw invalidOption(subject, [...Object.keys(FILTER), ...otherOptions].join(', '), key)
    }
  }
  return read
}

/** @param {unknown} id @param {string} subject @returns {number} */
export function readId(id, subject) {
  if (Number.isSafeInteger(id) && Number(id) > 0) return Number(id)
  throw invalidOption(subject, 'the id of a job', id)
}
