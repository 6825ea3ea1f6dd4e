// The logger that jobs and plugins get: it takes the arguments of console.log, and fields as the last.

import { format, inspect } from 'node:util'
import { clip } from '../shared/heap.js'
import { headline } from '../shared/serialize.js'
import { isLarge } from '../shared/size.js'
import { SAFE_LENGTH } from '../shared/text.js'
import { isRecord, shown } from '../shared/validate.js'

/** @import { LogLevel } from './levels.js' */
/** @typedef {Record<LogLevel | 'log', (...args: unknown[]) => void>} Log */
/** @typedef {{ message: string, fields?: Record<string, unknown> }} LogEntry */

/** @type {Record<LogLevel | 'log', LogLevel>} */
const METHODS = { debug: 'debug', info: 'info', log: 'info', warn: 'warn', error: 'error' }

/**
 * @param {(level: LogLevel, args: unknown[]) => void} write
 * @returns {Log}
 */
export function createLog(write) {
  const methods = Object.entries(METHODS).map(([name, level]) => [name, (/** @type {unknown[]} */ ...args) => write(level, args)])
  return Object.fromEntries(methods)
}

/**
 * Reads the arguments of a log method: a plain object after the message, for which the message has no placeholder, has the fields.
 * @param {unknown[]} args
 * @returns {LogEntry}
 */
export function logEntry(args) {
  const last = args.at(-1)
  if (args.length < 2 || !isPlain(last) || args.length - 1 <= placeholders(args[0])) return { message: formatted(args) }
  return { message: formatted(args.slice(0, -1)), fields: portable(last) }
}

/** As console.log formats them; what is too large is cut. @param {unknown[]} args */
export function formatted(args) {
  return clip(format(...args.map(shorter)), SAFE_LENGTH)
}

/** The value, or what stands for it if it is too large to be read as a whole. @param {any} value */
function shorter(value) {
  if (typeof value === 'string') return clip(value, SAFE_LENGTH)
  if (!isLarge(value)) return value
  return value instanceof Error ? headline(value) : `(${shown(value)}, too large to be shown)`
}

/** @param {unknown} text */
function placeholders(text) {
  return typeof text === 'string' ? (clip(text, SAFE_LENGTH).match(/%[sdifjoOc]/g)?.length ?? 0) : 0
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isPlain(value) {
  if (!isRecord(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * A copy of fields that can cross between threads: errors as objects, what cannot be cloned, or is too large for it, as text.
 * @param {Record<string, unknown>} fields
 */
function portable(fields) {
  return Object.fromEntries(Object.keys(fields).map((key) => [key, portableMember(fields, key)]))
}

/** @param {Record<string, unknown>} fields @param {string} key */
function portableMember(fields, key) {
  let value
  try {
    value = fields[key]
    if (value instanceof Error) return { name: shorter(value.name), message: shorter(value.message), stack: shorter(value.stack) }
    return structuredClone(shorter(value))
  } catch (error) {
    return value === undefined ? headline(error) : inspected(value)
  }
}

/** @param {unknown} value */
function inspected(value) {
  try {
    return inspect(value)
  } catch (error) {
    return headline(error)
  }
}
