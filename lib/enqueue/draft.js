// A draft is a job that is not yet a row. Reads the two call forms and builds the draft's JSON text: the addon checks the
// options and merges them over the registration, the arguments are spliced in, so that each is written only once.

import { native } from '../addon/native.js'
import { jobOptions, registered } from '../job/registry.js'
import { EramError, shown, translate } from '../shared/errors.js'
import { runningEngine } from '../shared/global-state.js'
import { argsToJson, toJson } from '../shared/json.js'

/** @import { Entry } from '../job/registry.js' */
/** @import { Running } from '../shared/global-state.js' */

/** @typedef {Record<string, unknown>} Options */
/** @typedef {{ tx?: unknown, engine?: unknown, prefix?: unknown }} Way how a draft gets to the database */
/** @typedef {{ name: string, entry?: Entry, args: unknown, options: Options, way: Way }} Call */
/** @typedef {{ worker: string, args: unknown, text: string }} Draft */

const DRAFT = Symbol.for('eram.draft')
/** The limit where no engine runs: the default of the option. */
export const MAX_ARGS_BYTES = 1024 * 1024
/** @type {Options} */
const NONE = Object.freeze({})

const WAY = /** @type {const} */ (['tx', 'engine', 'prefix'])
const OPTIONS = new Set([
  'queue',
  'priority',
  'max_attempts',
  'tags',
  'meta',
  'unique',
  'timeout',
  'backoff',
  'schedule_in',
  'scheduled_at',
  'state',
  'version',
  'notify',
  ...WAY,
])

/**
 * The two forms: (args, options), and ({ args, …options }), which is meant when the object has a member `args` and nothing
 * beside it but options.
 * @param {Function | string} worker a registered class, or a name, whose class need not be loaded
 * @param {unknown} args
 * @param {unknown} options
 * @returns {Call}
 */
export function readCall(worker, args, options) {
  const entry = typeof worker === 'function' ? registered(worker) : undefined
  const name = entry ? entry.name : worker
  if (typeof name !== 'string' || name === '') {
    throw new EramError('ERAM_JOB', `enqueue: expected a job class or its name, got ${shown(worker)}`)
  }
  if (options !== undefined && (typeof options !== 'object' || options === null || Array.isArray(options))) {
    throw new EramError('ERAM_JOB', `${name}.enqueue: expected an object of options, got ${shown(options)}`)
  }
  let given = /** @type {Options | undefined} */ (options)
  if (isOneObjectForm(args)) {
    const { args: inner, ...rest } = args
    args = inner
    given = { ...rest, ...given }
  }
  if (!given) return { name, entry, args, options: NONE, way: NONE }
  notUndefined(given)
  const { tx, engine, prefix, ...job } = given
  return { name, entry, args, options: job, way: { tx, engine, prefix } }
}

/**
 * A name that is misspelt, or a job's `ctx.tx` that is not there, would else enqueue outside of the transaction that was meant.
 * @param {object} options
 */
function notUndefined(options) {
  if (/** @type {Way} */ (options).tx !== undefined || !Object.hasOwn(options, 'tx')) return
  throw new EramError(
    'ERAM_NOT_IN_TRANSACTION',
    'tx: expected a transaction, or null for none, got undefined; leave tx out to join that of withTransaction()',
  )
}

/** @param {unknown} value @returns {value is Options} */
function isOneObjectForm(value) {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'args')) return false
  for (const key of Object.keys(value)) if (key !== 'args' && !OPTIONS.has(key)) return false
  return true
}

/**
 * What X.new() gives and enqueueAll() takes.
 * @param {Function} type
 * @param {unknown} args
 * @param {unknown} options
 */
export function newDraft(type, args, options) {
  const call = readCall(type, args, options)
  for (const key of WAY) {
    if (call.way[key] === undefined) continue
    throw new EramError('ERAM_JOB', `${call.name}.new: expected options of the job, got ${key}; pass it to enqueueAll(drafts, { ${key} })`)
  }
  const draft = { worker: call.name, args: call.args, options: call.options }
  return Object.freeze(Object.defineProperty(draft, DRAFT, { value: build(call).text }))
}

/**
 * @param {unknown} draft from X.new(), or { worker, args, …options }
 * @param {number} i
 * @param {Way} way
 * @returns {Draft}
 */
export function readDraft(draft, i, way) {
  if (typeof draft === 'object' && draft !== null) {
    const { [DRAFT]: text, worker, args, ...options } = /** @type {{ [DRAFT]?: string, worker?: unknown, args?: unknown }} */ (draft)
    if (typeof worker === 'string' && worker !== '') {
      return text === undefined ? build({ name: worker, args, options, way }) : { worker, args, text }
    }
  }
  const form = "X.new(args, options), or { worker: 'X', args: { … }, … }"
  throw new EramError('ERAM_JOB', `enqueueAll: drafts[${i}]: expected ${form}, got ${shown(draft)}`)
}

/**
 * The options of enqueueAll: only where to, never what.
 * @param {unknown} options
 * @returns {Way}
 */
export function readWay(options) {
  if (typeof options !== 'object' || options === null) {
    throw new EramError('ERAM_JOB', `enqueueAll: expected an object of options, got ${shown(options)}`)
  }
  for (const key of Object.keys(options)) {
    if (WAY.some((known) => known === key)) continue
    const hint = OPTIONS.has(key) ? `; give it to each draft: X.new(args, { ${key} })` : ''
    throw new EramError('ERAM_JOB', `enqueueAll: expected tx, engine or prefix, got ${shown(key)}${hint}`)
  }
  notUndefined(options)
  return options
}

/**
 * @param {Call} call
 * @returns {Draft}
 */
export function build({ name, entry, args, options, way }) {
  const text = argsToJson(args, `${name}.args`)
  const most = runningEngine(way.engine)?.max_args_bytes ?? MAX_ARGS_BYTES
  // A UTF-16 unit is at most three bytes of UTF-8, so small arguments need no count.
  const bytes = text.length * 3 > most ? Buffer.byteLength(text) : 0
  if (bytes > most) {
    const hint = 'keep the data elsewhere and pass a reference, or raise max_args_bytes'
    throw new EramError('ERAM_JOB', `${name}.args: expected at most ${most} bytes, got ${bytes}; ${hint}`)
  }
  return { worker: name, args, text: `${startOf(name, entry, options)},"args":${text}}` }
}

/**
 * The text of a draft, with what its engine adds: the application's version, and whether it may notify.
 * @param {Draft} draft
 * @param {Running | undefined} engine
 * @returns {string}
 */
export function stamped({ worker, text }, engine) {
  if (!engine?.version && /"version_rule":"(?:pinned|min)"/.test(text) && JSON.parse(text).version_rule) {
    const got = engine ? `engine ${JSON.stringify(engine.name)} without one` : 'no running engine'
    throw new EramError('ERAM_JOB', `${worker}.version: expected an engine with a version, EramEngine.start({ version: '…' }), got ${got}`)
  }
  const silent = engine?.notifies === false ? ',"notify":false' : ''
  const version = engine?.version ? `,"version":${JSON.stringify(engine.version)}` : ''
  return silent || version ? `${text.slice(0, -1)}${silent}${version}}` : text
}

/**
 * The draft without arguments and last brace; kept, where nothing but the class decides it.
 * @param {string} name
 * @param {Entry | undefined} entry
 * @param {Options} options
 */
function startOf(name, entry, options) {
  for (const _ in options) return makeStart(name, entry, options)
  if (!entry) return makeStart(name, entry, options)
  entry.start ??= makeStart(name, entry, options)
  return entry.start
}

/** @param {string} name @param {Entry | undefined} entry @param {Options} options */
function makeStart(name, entry, options) {
  const all = entry && !entry.known ? { ...defaultsOf(entry), ...options } : options
  const text = toJson(jobOptions(all, name), name)
  return translate(() => native.draft(name, text)).slice(0, -1)
}

/**
 * The options of a class whose registration the addon does not hold.
 * @param {Entry} entry
 * @returns {Options}
 */
function defaultsOf({ registration }) {
  return Object.fromEntries(Object.entries(registration).filter(([key]) => OPTIONS.has(key)))
}
