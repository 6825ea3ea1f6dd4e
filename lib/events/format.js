// Log records as lines of text.

import { inspect } from 'node:util'
import { jsonWithin } from '../shared/bounded-json.js'
import { SAFE_LENGTH } from '../shared/text.js'

/** @import { LogRecord } from './record.js' */

/** UTF-16 units of a line of JSON; of longer ones, fields are shown as text. */
const MAX_LINE = 4 * SAFE_LENGTH

/** What a pretty line shows in front, or leaves out. */
const SHOWN = new Set(['time', 'level', 'msg', 'event', 'engine', 'node', 'queue', 'worker', 'job_id', 'attempt', 'max_attempts', 'error'])

/** One line of JSON. @param {LogRecord} record */
export function json(record) {
  const { time, level, msg, event, ...rest } = record
  const ordered = { time, level, msg, event, ...rest }
  try {
    return /** @type {string} */ (jsonWithin(ordered, MAX_LINE))
  } catch {
    // A field is cyclic, or JSON cannot hold it for another reason.
    const plain = Object.entries(ordered).map(([key, value]) => [key, typeof value === 'object' ? inspect(value) : jsonable(value)])
    return JSON.stringify(Object.fromEntries(plain))
  }
}

/** @param {unknown} value */
function jsonable(value) {
  return typeof value === 'bigint' ? String(value) : value
}

/** A line for people, with the stack of an error below. @param {LogRecord} record */
export function pretty(record) {
  const { time, level, msg, worker, job_id, error } = record
  const subject = worker === undefined ? '' : `${worker} ${job_id}: `
  const fields = Object.entries(record).filter(([key]) => !SHOWN.has(key))
  const shown = fields.map(([key, value]) => ` ${key}=${inspect(value, { breakLength: Number.POSITIVE_INFINITY })}`)
  const stack = error?.stack ? `\n${error.stack}` : ''
  return `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${subject}${msg}${shown.join('')}${stack}`
}
