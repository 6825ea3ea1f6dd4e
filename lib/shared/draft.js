// What drafts have in common, wherever they are made: arguments, within their limit, and options as JSON text. X.new() checks a draft
// when it is made, and keeps its text. Plain JavaScript, without modules of Node.

import { TooLong } from './bounded-json.js'
import { EramError } from './errors.js'
import { argsToJson, toJson } from './json.js'
import { SAFE_LENGTH } from './text.js'

/** The member of a draft that has its text. */
export const DRAFT = Symbol.for('eram.draft')
/** The member that has its text up to the arguments. */
export const HEAD = Symbol.for('eram.draft.head')

/**
 * Whether the text of a draft has a version rule, which needs the application's version beside it.
 * @param {string} text
 * @returns {boolean}
 */
export function hasVersionRule(text) {
  // Arguments may contain the same characters.
  return /"version_rule":"(?:pinned|min)"/.test(text) && Boolean(JSON.parse(text).version_rule)
}

/** Default of the engine option max_args_bytes, for enqueues without an engine. */
export const MAX_ARGS_BYTES = 1024 * 1024

/**
 * @param {unknown} args
 * @param {string} subject
 * @param {number} [limit]  bytes
 * @param {(wanted: number) => number} [afford]  how many UTF-16 units of many wanted can be handled here
 */
export function argsText(args, subject, limit = MAX_ARGS_BYTES, afford = (wanted) => wanted) {
  // What is not much too long is counted, for the message.
  const wanted = limit + SAFE_LENGTH
  let text
  try {
    text = argsToJson(args, subject, limit <= SAFE_LENGTH ? wanted : afford(wanted))
  } catch (error) {
    throw error instanceof TooLong ? tooLong(subject, limit, 'more') : error
  }
  // A UTF-16 unit is at most three bytes of UTF-8, so the bytes of short texts need not be counted.
  const bytes = text.length * 3 > limit ? bytesOf(text) : 0
  if (bytes <= limit) return text
  throw tooLong(subject, limit, bytes)
}

/** @param {string} subject @param {number} limit @param {number | string} got */
function tooLong(subject, limit, got) {
  const hint = 'keep the data elsewhere and pass a reference, or raise max_args_bytes'
  return new EramError('ERAM_JOB', `${subject}: expected at most ${limit} bytes, got ${got}; ${hint}`)
}

/**
 * The length of a text in UTF-8.
 * @param {string} text
 */
export function bytesOf(text) {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    // Each half of a surrogate pair counts for two bytes.
    if (unit > 0x7f) bytes += unit < 0x800 || (unit & 0xf800) === 0xd800 ? 1 : 2
  }
  return bytes
}

/** Options that are stored with a job and for which a queue may have defaults, as in src/model/draft/defaults.rs. */
export const STORED_DEFAULTS = /** @type {const} */ (['priority', 'max_attempts'])

/** Levels of nesting, below the limit of the engine, which parses them. */
const MAX_LEVELS = 100

/**
 * @param {Record<string, unknown>} options
 * @param {string} name  of the worker
 * @returns {string}
 */
export function optionsToJson(options, name) {
  return toJson(jobOptions(options, name), name, 'ERAM_JOB', { levels: MAX_LEVELS, most: SAFE_LENGTH })
}

/**
 * Replaces values that JSON cannot represent.
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
