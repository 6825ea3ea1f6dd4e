// JSON.stringify with a limit: it stops where the text exceeds it, before anything is made of the rest; and the arguments of
// calls of the addon, which are such texts. Plain JavaScript, without modules of Node.

import { EramError } from './errors.js'
import { SAFE_LENGTH } from './text.js'
import { invalidOption } from './validate.js'

/** Thrown where the text would be longer. */
export class TooLong extends Error {}

/**
 * The text of JSON.stringify(value), and with it undefined for what JSON cannot hold.
 * @param {unknown} value
 * @param {number} most  UTF-16 units
 * @returns {string | undefined}
 */
export function jsonWithin(value, most) {
  return new Writer(most).write('', value)
}

/** Half of a surrogate pair, as JSON.stringify escapes it. */
const HALF = /(?<!\\)(?:\\\\)*\\ud[89a-f]/i

/**
 * An argument of a call of the addon: a text as it is, anything else as JSON, and nothing that UTF-8 cannot hold.
 * @param {unknown} value
 * @param {string} subject
 * @returns {string}
 */
export function argumentText(value, subject) {
  let text
  try {
    text = typeof value === 'string' ? value : jsonWithin(value, SAFE_LENGTH)
  } catch (cause) {
    if (cause instanceof TooLong)
      throw new EramError('ERAM_CONFIG', `${subject}: expected at most ${SAFE_LENGTH} characters of JSON, got more`)
    const message = cause instanceof Error ? cause.message : 'an error'
    throw new EramError('ERAM_CONFIG', `${subject}: expected what JSON can hold, got others: ${message}`, { cause })
  }
  if (text === undefined && value !== undefined) throw invalidOption(subject, 'what JSON can hold', value)
  if (typeof value === 'string' ? !isWhole(value) : text !== undefined && HALF.test(text)) {
    throw new EramError('ERAM_CONFIG', `${subject}: expected text, got half of a surrogate pair (\\ud800 to \\udfff alone)`)
  }
  return /** @type {string} */ (text)
}

/** Whether a text has no half of a surrogate pair. @param {string} text */
export function isWhole(text) {
  return !/\p{Surrogate}/u.test(text)
}

class Writer {
  #left
  /** Objects that contain the one that is being written. @type {object[]} */
  #parents = []

  /** @param {number} most */
  constructor(most) {
    this.#left = most
  }

  /**
   * @param {string | number} key
   * @param {unknown} given
   * @returns {string | undefined}
   */
  write(key, given) {
    const value = this.#represented(key, given)
    switch (typeof value) {
      case 'string':
        return this.#quoted(value)
      case 'number':
        return this.#counted(Number.isFinite(value) ? String(value) : 'null')
      case 'boolean':
        return this.#counted(String(value))
      case 'bigint':
        throw new TypeError('Do not know how to serialize a BigInt')
      case 'object':
        return value === null ? this.#counted('null') : this.#object(value)
      default:
        return undefined
    }
  }

  /** @param {object} value */
  #object(value) {
    if (this.#parents.includes(value)) throw new TypeError('Converting circular structure to JSON')
    this.#parents.push(value)
    const text = Array.isArray(value) ? this.#items(value) : this.#members(/** @type {Record<string, unknown>} */ (value))
    this.#parents.pop()
    return text
  }

  /** @param {unknown[]} list */
  #items(list) {
    let text = ''
    for (let i = 0; i < list.length; i++) {
      text += `${i === 0 ? '[' : ','}${this.write(i, list[i]) ?? this.#counted('null')}`
      this.#count(1)
    }
    return text === '' ? this.#counted('[]') : text + this.#counted(']')
  }

  /** @param {Record<string, unknown>} object */
  #members(object) {
    this.#checkView(object)
    let text = ''
    for (const key of Object.keys(object)) {
      const member = this.write(key, object[key])
      if (member === undefined) continue
      text += `${text === '' ? '{' : ','}${this.#quoted(key)}:${member}`
      this.#count(2)
    }
    return text === '' ? this.#counted('{}') : text + this.#counted('}')
  }

  /**
   * What stands for the value in JSON: the result of its toJSON(), or the primitive that a wrapper object holds.
   * @param {string | number} key
   * @param {unknown} value
   */
  #represented(key, value) {
    if (value === null || (typeof value !== 'object' && typeof value !== 'bigint' && typeof value !== 'function')) return value
    this.#checkView(value)
    const { toJSON } = /** @type {{ toJSON?: unknown }} */ (value)
    const given = typeof toJSON === 'function' ? toJSON.call(value, String(key)) : value
    if (given instanceof String) return String(given)
    if (given instanceof Number) return Number(given)
    return given instanceof Boolean || (typeof BigInt !== 'undefined' && given instanceof BigInt) ? given.valueOf() : given
  }

  /** Of an array of bytes or numbers, a text each: all of them would be made before the first is written. @param {unknown} value */
  #checkView(value) {
    if (ArrayBuffer.isView(value)) this.#check(2 * Number(/** @type {{ length?: number }} */ (value).length ?? 0))
  }

  /** @param {string} value */
  #quoted(value) {
    this.#check(value.length + 2)
    return this.#counted(JSON.stringify(value))
  }

  /** @param {string} text */
  #counted(text) {
    this.#count(text.length)
    return text
  }

  /** @param {number} units */
  #count(units) {
    this.#check(units)
    this.#left -= units
  }

  /** @param {number} units */
  #check(units) {
    if (units > this.#left) throw new TooLong('expected a shorter JSON text')
  }
}
