// Converts a value to JSON text, or throws an error that names the member which JSON cannot represent. Values that JSON would
// change silently (NaN to null, a Map to {}) are rejected; Date, toJSON and undefined members behave as in JSON.stringify.
//
// Nearly every call takes the fast path: one walk that only looks at types, then JSON.stringify, then a search of the text for
// escapes, because NUL and lone surrogates are written as \u. Anything unusual takes the slow path, which tracks member paths.
//
// Plain JavaScript, without modules of Node.

import { TooLong } from './bounded-json.js'
import { EramError } from './errors.js'
import { shown } from './validate.js'

/** @import { EramErrorCode } from '../../index.js' */

/** A number as JSON writes it, where JavaScript's number would be another; exact.js reads them. */
export class ExactNumber {
  /** @param {string} text */
  constructor(text) {
    this.text = text
  }

  /** For code that knows nothing of exact numbers. */
  toJSON() {
    return Number(this.text)
  }
}

/** Begins a text that stands for a number. It is in no result, so no other text has it. */
export const MARK = `${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}:`
/** A marked number in JSON. */
export const MARKED = new RegExp(`"${MARK}(-?\\d[\\d.eE+-]*)"`, 'g')

/** A text for a number, until `unmarked` has the JSON. @param {ExactNumber} number */
export function marked({ text }) {
  return MARK + text
}

/** Writes marked numbers as numbers. @param {string} text */
export function unmarked(text) {
  return text.replace(MARKED, '$1')
}

/** Levels of nesting: PostgreSQL and every JSON library in between parse recursively. */
const MAX_DEPTH = 500
/** UTF-16 units of a text: as many bytes as PostgreSQL stores as jsonb. */
export const MAX_LENGTH = 255 * 2 ** 20

/** @typedef {{ levels?: number, most?: number }} Limits  levels of nesting; UTF-16 units of texts, punctuation and members together */

/**
 * @param {unknown} value
 * @param {string} subject  the start of member paths in error messages
 * @param {EramErrorCode} [code]
 * @param {Limits} [limits]
 * @returns {string} JSON text; "null" for undefined
 */
export function toJson(value, subject, code = 'ERAM_JOB', limits = {}) {
  try {
    return written(value, subject, code, limits)
  } catch (error) {
    if (!(error instanceof TooLong)) throw error
    throw new EramError(code, `${subject}: expected at most ${limits.most ?? MAX_LENGTH} characters of JSON, got more`)
  }
}

/**
 * As toJson, but throws TooLong as it is.
 * @param {unknown} value
 * @param {string} subject
 * @param {EramErrorCode} code
 * @param {Limits} limits
 */
function written(value, subject, code, { levels = MAX_DEPTH, most = MAX_LENGTH }) {
  if (plain(value, 0, levels, { left: most })) {
    const text = stringify(value)
    // Undefined if a getter returned another value than during the walk.
    if (text !== undefined && !text.includes('\\u')) return text
  }
  const room = { left: most }
  return unmarked(JSON.stringify(copy(value, { code, path: subject, key: '', parents: [], levels, room }) ?? null))
}

/** What may still be written. @typedef {{ left: number }} Room */

/** @param {Room} room @param {number} units */
function take(room, units) {
  room.left -= units
  if (room.left < 0) throw new TooLong()
}

/**
 * JSON text of a job's arguments: an object, {} by default.
 * @param {unknown} args
 * @param {string} subject
 * @param {number} [most]  UTF-16 units; throws TooLong for more
 * @returns {string}
 */
export function argsToJson(args, subject, most = MAX_LENGTH) {
  if (args === undefined) return '{}'
  const text = written(args, subject, 'ERAM_JOB', { most })
  // The text is checked and not the value, so that an object may represent itself through toJSON.
  if (text[0] === '{') return text
  throw new EramError('ERAM_JOB', `${subject}: expected an object, got ${kind(args)}; give it a name, as in { value: … }`)
}

/**
 * Whether JSON.stringify represents the value faithfully, contents of strings aside.
 * @param {unknown} value
 * @param {number} depth
 * @param {number} levels
 * @param {Room} room
 * @returns {boolean}
 */
function plain(value, depth, levels, room) {
  take(room, 1)
  switch (typeof value) {
    case 'string':
      take(room, value.length)
      return true
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      break
    default:
      return false
  }
  if (value === null) return true
  if (depth > levels) return false
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!plain(value[i], depth + 1, levels, room)) return false
    return /** @type {any} */ (value).toJSON === undefined
  }
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Date.prototype) return !Number.isNaN(/** @type {Date} */ (value).getTime())
  if (prototype !== Object.prototype && prototype !== null) return false
  const object = /** @type {Record<string, unknown>} */ (value)
  if (object.toJSON !== undefined) return false
  for (const key in object) {
    const member = object[key]
    take(room, key.length)
    if (member !== undefined && !plain(member, depth + 1, levels, room)) return false
  }
  return true
}

/** @param {unknown} value @returns {string | undefined} */
function stringify(value) {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** @typedef {{ code: EramErrorCode, path: string, key: string, parents: object[], levels: number, room: Room }} Member  the position in the value */

/**
 * Copies a value as plain JSON values; throws an error that names the first member that is not JSON.
 * @param {unknown} value
 * @param {Member} member
 * @returns {unknown}
 */
function copy(value, member) {
  if (value instanceof ExactNumber) return marked(value)
  const given = represented(value, member)
  take(member.room, 1)
  switch (typeof given) {
    case 'string':
      take(member.room, given.length)
      return checkText(given, member)
    case 'number':
      if (!Number.isFinite(given)) throw notJson(member, 'a finite number', shown(given))
      return given
    case 'boolean':
    case 'undefined':
      return given
    case 'object':
      if (given === null) return null
      break
    default:
      throw notJson(member, 'JSON', shown(given), typeof given === 'bigint' ? 'pass a string, or a number up to 2^53' : undefined)
  }
  if (member.parents.includes(given)) throw notJson(member, 'JSON', 'an object that contains itself')
  if (member.parents.length > member.levels) {
    throw notJson({ ...member, path: member.path.slice(0, 80) }, `at most ${member.levels} levels of nesting`, 'more')
  }
  const parents = [...member.parents, given]
  if (Array.isArray(given)) {
    return Array.from(given, (item, i) => {
      const at = { ...member, path: `${member.path}[${i}]`, key: String(i), parents }
      const copied = copy(item, at)
      if (copied === undefined) throw notJson(at, 'JSON', 'undefined', 'use null, or leave the item out')
      return copied
    })
  }
  rejectSpecial(given, member)
  /** @type {Record<string, unknown>} */
  const result = Object.create(null)
  for (const [key, value] of Object.entries(given)) {
    take(member.room, key.length)
    const path = /^[A-Za-z_$][\w$]*$/.test(key) ? `${member.path}.${key}` : `${member.path}[${JSON.stringify(key)}]`
    checkText(key, { ...member, path })
    const copied = copy(value, { ...member, path, key, parents })
    if (copied !== undefined) result[key] = copied
  }
  return result
}

/**
 * The result of the value's own toJSON(), or the primitive that a wrapper object holds.
 * @param {unknown} value
 * @param {Member} member
 * @returns {unknown}
 */
function represented(value, member) {
  if (typeof value !== 'object' || value === null) return value
  const tag = tagOf(value)
  if (tag === 'Date' && Number.isNaN(/** @type {Date} */ (value).getTime?.())) throw notJson(member, 'JSON', 'an invalid Date')
  if (/^(?:Number|String|Boolean|BigInt|Symbol)$/.test(tag)) return value.valueOf()
  const { toJSON } = /** @type {{ toJSON?: unknown }} */ (value)
  // Buffer's own toJSON gives an array of numbers, which is never the intended representation. These have one in Bun alone.
  const isOther = ArrayBuffer.isView(value) || /^(?:Headers|URLSearchParams|FormData)$/.test(tag)
  if (typeof toJSON !== 'function' || isOther) return value
  try {
    return toJSON.call(value, member.key)
  } catch (cause) {
    throw notJson(member, 'JSON', 'a toJSON() that throws', undefined, cause)
  }
}

/**
 * Rejects what JSON would store as an empty object, or not as meant.
 * @param {object} value
 * @param {Member} member
 */
function rejectSpecial(value, member) {
  const hint = hintOf(value)
  if (hint !== undefined) throw notJson(member, 'JSON', shown(value), hint)
}

/** @param {object} value @returns {string | undefined} what to pass instead, '' if there is nothing; undefined for ordinary objects */
function hintOf(value) {
  const tag = value instanceof Map ? 'Map' : value instanceof Set ? 'Set' : tagOf(value)
  if (ArrayBuffer.isView(value) || /ArrayBuffer$/.test(tag)) return "pass text, such as buffer.toString('base64')"
  if (/^(?:Map|Headers|URLSearchParams|FormData)$/.test(tag)) return `pass Object.fromEntries(${tag.toLowerCase()})`
  if (/^(?:Blob|File|Request|Response)$/.test(tag)) return `pass its text, await ${tag.toLowerCase()}.text()`
  if (/^(?:Error|DOMException)$/.test(tag)) return 'pass its message'
  if (tag === 'Promise') return 'await it first'
  if (tag === 'Set') return 'pass [...set]'
  // Without members of its own it would be stored as {}, whatever it holds.
  if (tag === 'Arguments' || Object.keys(value).length > 0) return undefined
  return Symbol.iterator in value ? 'pass [...it]' : tag === 'Object' ? undefined : ''
}

/** The name of a built-in type, also of another realm. @param {object} value */
function tagOf(value) {
  return Object.prototype.toString.call(value).slice(8, -1)
}

/** @param {string} value @param {Member} member */
function checkText(value, member) {
  if (value.includes('\0')) throw notJson(member, 'text that PostgreSQL can store', 'a NUL character (\\u0000)')
  const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.exec(value)
  if (lone) {
    const unit = lone[0].charCodeAt(0).toString(16)
    throw notJson(member, 'text that PostgreSQL can store', `half a surrogate pair (\\u${unit})`, 'string.toWellFormed() replaces it')
  }
  return value
}

/**
 * @param {Member} member
 * @param {string} expected
 * @param {string} got
 * @param {string} [hint]
 * @param {unknown} [cause]
 */
function notJson({ code, path }, expected, got, hint, cause) {
  // Keys of untrusted objects must not bring control characters or unpaired surrogates into logs and the database.
  const subject = path.replaceAll('\0', '\\u0000').replace(/[\ud800-\udfff]/gu, '\ufffd')
  return new EramError(code, `${subject}: expected ${expected}, got ${got}${hint ? `; ${hint}` : ''}`, { cause })
}

/** @param {unknown} value  shown by type only, as messages never contain arguments */
function kind(value) {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? `a ${typeof value}` : shown(value)
}
