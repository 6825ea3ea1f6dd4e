// Turns a value into JSON text, or says which member cannot become JSON. What JSON would change silently (NaN to null, a Map
// to {}) is refused; Date, toJSON and undefined members do what JSON.stringify does.
//
// Nearly every call takes the fast way: one walk that only looks at types, then JSON.stringify, then a search of the text for
// escapes, because NUL and lone surrogates come out as \u. Anything unusual takes the slow way, which knows paths.

import { types } from 'node:util'
import { EramError, shown } from './errors.js'

/** @import { EramErrorCode } from '../../index.js' */

// PostgreSQL and every JSON library on the way recurse; nobody nests this deep on purpose.
const MAX_DEPTH = 500

/**
 * @param {unknown} value
 * @param {string} subject what the path in a message starts with
 * @param {EramErrorCode} [code]
 * @returns {string} JSON text; "null" for undefined
 */
export function toJson(value, subject, code = 'ERAM_JOB') {
  if (plain(value, 0)) {
    const text = stringify(value)
    // A getter may have changed its mind since the walk; then there is no text.
    if (text !== undefined && !text.includes('\\u')) return text
  }
  return JSON.stringify(copy(value, { code, path: subject, key: '', parents: [] }) ?? null)
}

/**
 * The arguments of a job: an object, {} when left out.
 * @param {unknown} args
 * @param {string} subject
 * @returns {string}
 */
export function argsToJson(args, subject) {
  if (args === undefined) return '{}'
  const text = toJson(args, subject)
  // After toJSON, so that a class may speak for itself.
  if (text[0] === '{') return text
  throw new EramError('ERAM_JOB', `${subject}: expected an object, got ${kind(args)}; give it a name, as in { value: … }`)
}

/**
 * Whether JSON.stringify alone does the right thing, but for the text of strings.
 * @param {unknown} value
 * @param {number} depth
 * @returns {boolean}
 */
function plain(value, depth) {
  switch (typeof value) {
    case 'string':
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
  if (depth > MAX_DEPTH) return false
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!plain(value[i], depth + 1)) return false
    return /** @type {any} */ (value).toJSON === undefined
  }
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Date.prototype) return !Number.isNaN(/** @type {Date} */ (value).getTime())
  if (prototype !== Object.prototype && prototype !== null) return false
  const object = /** @type {Record<string, unknown>} */ (value)
  if (object.toJSON !== undefined) return false
  for (const key in object) {
    const member = object[key]
    if (member !== undefined && !plain(member, depth + 1)) return false
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

/** @typedef {{ code: EramErrorCode, path: string, key: string, parents: object[] }} Place */

/**
 * A copy of plain JSON values, or an error that names the place.
 * @param {unknown} value
 * @param {Place} place
 * @returns {unknown}
 */
function copy(value, place) {
  const given = spoken(value, place)
  switch (typeof given) {
    case 'string':
      return checkText(given, place)
    case 'number':
      if (!Number.isFinite(given)) throw refusal(place, 'a finite number', shown(given))
      return given
    case 'boolean':
    case 'undefined':
      return given
    case 'object':
      if (given === null) return null
      break
    default:
      throw refusal(place, 'JSON', shown(given), typeof given === 'bigint' ? 'pass a string, or a number up to 2^53' : undefined)
  }
  if (place.parents.includes(given)) throw refusal(place, 'JSON', 'an object that contains itself')
  if (place.parents.length > MAX_DEPTH) {
    throw refusal({ ...place, path: place.path.slice(0, 80) }, `at most ${MAX_DEPTH} levels of nesting`, 'more')
  }
  const parents = [...place.parents, given]
  if (Array.isArray(given)) {
    return Array.from(given, (item, i) => {
      const at = { ...place, path: `${place.path}[${i}]`, key: String(i), parents }
      const copied = copy(item, at)
      if (copied === undefined) throw refusal(at, 'JSON', 'undefined', 'use null, or leave the item out')
      return copied
    })
  }
  refuseSpecial(given, place)
  /** @type {Record<string, unknown>} */
  const result = Object.create(null)
  for (const [key, member] of Object.entries(given)) {
    const path = /^[A-Za-z_$][\w$]*$/.test(key) ? `${place.path}.${key}` : `${place.path}[${JSON.stringify(key)}]`
    checkText(key, { ...place, path })
    const copied = copy(member, { ...place, path, key, parents })
    if (copied !== undefined) result[key] = copied
  }
  return result
}

/**
 * What the value says of itself through toJSON, or what a boxed primitive holds.
 * @param {unknown} value
 * @param {Place} place
 * @returns {unknown}
 */
function spoken(value, place) {
  if (typeof value !== 'object' || value === null) return value
  if (types.isDate(value) && Number.isNaN(value.getTime())) throw refusal(place, 'JSON', 'a Date that is no time')
  if (types.isBoxedPrimitive(value)) return value.valueOf()
  const { toJSON } = /** @type {{ toJSON?: unknown }} */ (value)
  // Buffer has a toJSON too, an array of numbers that nobody wants stored.
  if (typeof toJSON !== 'function' || ArrayBuffer.isView(value)) return value
  try {
    return toJSON.call(value, place.key)
  } catch (cause) {
    throw refusal(place, 'JSON', 'a toJSON() that throws', undefined, cause)
  }
}

/** @param {object} value @param {Place} place */
function refuseSpecial(value, place) {
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) {
    throw refusal(place, 'JSON', shown(value), "pass text, such as buffer.toString('base64')")
  }
  if (types.isMap(value)) throw refusal(place, 'JSON', shown(value), 'pass Object.fromEntries(map)')
  if (types.isSet(value)) throw refusal(place, 'JSON', shown(value), 'pass [...set]')
  if (types.isPromise(value)) throw refusal(place, 'JSON', shown(value), 'await it first')
  if (types.isNativeError(value)) throw refusal(place, 'JSON', shown(value), 'pass its message')
  if (types.isRegExp(value) || types.isWeakMap(value) || types.isWeakSet(value)) throw refusal(place, 'JSON', shown(value))
}

/** @param {string} value @param {Place} place */
function checkText(value, place) {
  if (value.includes('\0')) throw refusal(place, 'text that PostgreSQL can store', 'a NUL character (\\u0000)')
  const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.exec(value)
  if (lone) {
    const unit = lone[0].charCodeAt(0).toString(16)
    throw refusal(place, 'text that PostgreSQL can store', `half a surrogate pair (\\u${unit})`, 'string.toWellFormed() replaces it')
  }
  return value
}

/**
 * @param {Place} place
 * @param {string} expected
 * @param {string} got
 * @param {string} [hint]
 * @param {unknown} [cause]
 */
function refusal({ code, path }, expected, got, hint, cause) {
  // A path of hostile keys must not become part of somebody's log, nor hold what PostgreSQL cannot store.
  const subject = path.replaceAll('\0', '\\u0000').replace(/[\ud800-\udfff]/gu, '\ufffd')
  return new EramError(code, `${subject}: expected ${expected}, got ${got}${hint ? `; ${hint}` : ''}`, { cause })
}

/** @param {unknown} value its type only: the arguments themselves stay out of messages */
function kind(value) {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? `a ${typeof value}` : shown(value)
}
