// The log of an engine: shows events as records, to the application's own logger or as lines on standard output.

import { Console } from 'node:console'
import { invalidOption, isObject, isRecord } from '../shared/validate.js'
import { json, pretty } from './format.js'
import { LEVELS, rankOf } from './levels.js'
import { loggedKinds, recordOf } from './record.js'

/** @import { EngineEvent } from '../shared/worker-listeners.js' */
/** @import { LogLevel } from './levels.js' */
/** @import { LogRecord } from './record.js' */
/** @typedef {Record<string, any>} ForeignLogger  an object with functions warn, error, … */

/**
 * @typedef {object} LogOptions
 * @property {LogLevel} level
 * @property {'auto' | 'json' | 'pretty'} format
 * @property {((line: string) => void) | undefined} destination
 * @property {((record: LogRecord) => boolean) | undefined} filter
 * @property {boolean} jobs
 * @property {ForeignLogger | undefined} to
 */

const FORMATS = ['auto', 'json', 'pretty']

/** @type {LogOptions} */
const DEFAULTS = { level: 'info', format: 'auto', destination: undefined, filter: undefined, jobs: false, to: undefined }

/** Checks of the options. @type {Record<keyof LogOptions, [(value: unknown) => boolean, string]>} */
const CHECKS = {
  level: [(value) => LEVELS.some((level) => level === value), `one of ${LEVELS.join(', ')}`],
  format: [(value) => FORMATS.some((format) => format === value), `one of ${FORMATS.join(', ')}`],
  destination: [(value) => typeof value === 'function', 'a function'],
  filter: [(value) => typeof value === 'function', 'a function'],
  jobs: [(value) => typeof value === 'boolean', 'true or false'],
  to: [isForeign, 'an object with functions warn, error, …'],
}

/** @param {unknown} value */
function isForeign(value) {
  return isObject(value) && LEVELS.some((level) => typeof (/** @type {ForeignLogger} */ (value)[level]) === 'function')
}

/**
 * Reads the option `logger`.
 * @param {unknown} given
 * @returns {LogOptions | null}  null: no log
 */
export function readLogger(given) {
  if (given === undefined) return DEFAULTS
  if (given === false) return null
  if (given === 'json' || given === 'pretty') return { ...DEFAULTS, format: given }
  // The logger of the application filters by a level of its own.
  if (isForeign(given)) return { ...DEFAULTS, level: 'debug', to: /** @type {ForeignLogger} */ (given) }
  if (!isRecord(given)) throw invalidOption('logger', "a logger, options, 'json', 'pretty' or false", given)
  for (const [key, value] of Object.entries(given)) {
    const check = CHECKS[/** @type {keyof LogOptions} */ (key)]
    if (!check) throw invalidOption(`logger: ${key}`, `an option of ${Object.keys(CHECKS).join(', ')}`, value)
    const [isValid, expected] = check
    if (value !== undefined && !isValid(value)) throw invalidOption(`logger: ${key}`, expected, value)
  }
  if (given.to && (given.destination || given.format)) {
    throw invalidOption('logger', 'to, or format and destination', given, 'the logger makes its own lines')
  }
  const level = given.level ?? (given.to ? 'debug' : DEFAULTS.level)
  return { ...DEFAULTS, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)), level }
}

export class EventLog {
  #options
  #about
  #write

  /**
   * @param {LogOptions} options
   * @param {{ engine: string, node: string }} about
   */
  constructor(options, about) {
    this.#options = options
    this.#about = about
    this.#write = writer(options)
    this.kinds = loggedKinds(options.jobs)
    /** The least rank of lines of jobs that is wanted. */
    this.rank = rankOf(options.level)
    /** Whether lines go to standard output. */
    this.isStandard = options.to === undefined && options.destination === undefined
  }

  /** Writes what the log shows of an event. Never throws. @param {EngineEvent} event */
  receive(event) {
    try {
      const record = recordOf(event, this.#about, this.#options)
      if (record && (this.#options.filter?.(record) ?? true)) this.#write(record)
    } catch {
      // A log that fails has nowhere to say so, and must not affect the engine.
    }
  }
}

/** @param {LogOptions} options @returns {(record: LogRecord) => void} */
function writer({ to, format, destination }) {
  if (to) return foreignWriter(to)
  const isPretty = format === 'pretty' || (format === 'auto' && destination === undefined && process.stdout.isTTY)
  const text = isPretty ? pretty : json
  if (destination) return (record) => destination(text(record))
  // A console ignores that its stream is closed.
  const output = new Console(process.stdout)
  return (record) => output.log(text(record))
}

/**
 * Calls a logger as it expects: pino and bunyan take the record first, others (winston, console) the message.
 * @param {ForeignLogger} to
 * @returns {(record: LogRecord) => void}
 */
function foreignWriter(to) {
  const recordFirst = typeof to.bindings === 'function' || isRecord(to.fields)
  return (record) => {
    const method = methodOf(to, record.level)
    if (method === undefined) return
    const { time, level, msg, ...rest } = record
    const returned = recordFirst ? to[method](rest, msg) : to[method](msg, { ...rest, time })
    if (returned instanceof Promise) returned.catch(() => {})
  }
}

/**
 * The method for a level: where a logger has a gap, as one with the levels of syslog has for `warn`, the next more severe one.
 * @param {ForeignLogger} to
 * @param {LogLevel} level
 */
function methodOf(to, level) {
  if (typeof to[level] === 'function') return level
  const at = LEVELS.indexOf(level)
  const isGap = LEVELS.slice(0, at).some((less) => typeof to[less] === 'function')
  return isGap ? LEVELS.slice(at).find((more) => typeof to[more] === 'function') : undefined
}
