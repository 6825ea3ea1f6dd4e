// Drafts, jobs that are not yet rows. Reads the two call forms and builds the draft's JSON text: the addon checks the options and
// merges them with the registration's; the arguments are spliced in, so that they are serialized only once.

import { native, registry } from '../addon/index.js'
import { isWhole } from '../shared/bounded-json.js'
import { argsText, DRAFT, HEAD, hasVersionRule, optionsToJson } from '../shared/draft.js'
import { EramError, translate } from '../shared/errors.js'
import { runningEngine, state } from '../shared/global-state.js'
import { affordable } from '../shared/heap.js'
import { JOB_OPTION_KEYS } from '../shared/option-keys.js'
import { invalid, isObject, isRecord, optionsOf, shown } from '../shared/validate.js'
import { checkClass, findWorker, registered } from './registry.js'

/** @import { JobDraft } from '../../index.js' */
/** @import { JobClass } from './registry.js' */
/** @import { QueueDefaults, RunningEngine } from '../shared/global-state.js' */

/** @typedef {Record<string, unknown>} Options */
/** @typedef {{ tx?: unknown, engine?: unknown, prefix?: unknown }} EnqueueTarget  where a draft is inserted */
/** @typedef {{ name: string, jobClass?: JobClass, args: unknown, options: Options, target: EnqueueTarget }} EnqueueCall */
/**
 * @typedef {object} Draft
 * @property {string} worker
 * @property {JobClass | undefined} jobClass  if this isolate has it
 * @property {unknown} args
 * @property {Options} options  those of the call
 * @property {string} head  its text up to the arguments
 * @property {string} text
 */

/** @type {Options} */
const NONE = Object.freeze({})

const TARGET_KEYS = /** @type {const} */ (['tx', 'engine', 'prefix'])
/** Keys of enqueue options. @type {ReadonlySet<string>} */
const OPTION_KEYS = new Set([...JOB_OPTION_KEYS, ...TARGET_KEYS])

/**
 * Reads both call forms: (args, options), and ({ args, …options }), an object that has a member `args` and otherwise only
 * options.
 * @param {Function | string} worker  a registered class, or a name, whose class need not be loaded
 * @param {unknown} args
 * @param {unknown} options
 * @returns {EnqueueCall}
 */
export function readCall(worker, args, options) {
  const jobClass = typeof worker === 'function' ? registered(worker) : undefined
  const name = jobClass ? jobClass.name : worker
  if (typeof name !== 'string' || name === '') throw invalid('ERAM_JOB', 'enqueue', 'a job class or its name', worker)
  if (options !== undefined && !isRecord(options)) throw invalid('ERAM_JOB', `${name}.enqueue`, 'an object of options', options)
  /** @type {Options | undefined} */
  let given = options
  if (isSingleObjectForm(args)) {
    const { args: inner, ...rest } = args
    args = inner
    given = { ...rest, ...given }
  }
  if (!given) return { name, jobClass, args, options: NONE, target: NONE }
  rejectUndefinedTx(given)
  const { tx, engine, prefix, ...job } = given
  return { name, jobClass, args, options: job, target: { tx, engine, prefix } }
}

/**
 * A misspelled variable, or `ctx.tx` of a job without a transaction, must not enqueue outside the intended transaction.
 * @param {object} options
 */
function rejectUndefinedTx(options) {
  if (/** @type {EnqueueTarget} */ (options).tx !== undefined || !Object.hasOwn(options, 'tx')) return
  throw new EramError(
    'ERAM_NOT_IN_TRANSACTION',
    'tx: expected a transaction, or null for none, got undefined; leave tx out to join that of withTransaction()',
  )
}

/** @param {unknown} value @returns {value is Options} */
function isSingleObjectForm(value) {
  if (!isObject(value) || !Object.hasOwn(value, 'args')) return false
  for (const key of Object.keys(value)) if (key !== 'args' && !OPTION_KEYS.has(key)) return false
  return true
}

/**
 * The draft that X.new() returns and enqueueAll() takes.
 * @param {Function} type
 * @param {unknown} args
 * @param {unknown} options
 */
export function newDraft(type, args, options) {
  const call = readCall(type, args, options)
  for (const key of TARGET_KEYS) {
    if (call.target[key] === undefined) continue
    throw new EramError('ERAM_JOB', `${call.name}.new: expected options of the job, got ${key}; pass it to enqueueAll(drafts, { ${key} })`)
  }
  const draft = { worker: call.name, args: call.args, options: call.options }
  const { text, head } = build(call)
  return Object.freeze(Object.defineProperties(draft, { [DRAFT]: { value: text }, [HEAD]: { value: head } }))
}

/**
 * @param {unknown} drafts  an iterable
 * @param {EnqueueTarget} target
 * @returns {Draft[]}
 */
export function readDrafts(drafts, target) {
  if (!isObject(drafts) || !(Symbol.iterator in drafts)) {
    throw invalid('ERAM_JOB', 'enqueueAll', 'an array of drafts', drafts, 'make each with X.new(args, options)')
  }
  return Array.from(/** @type {Iterable<unknown>} */ (drafts), (draft, i) => readDraft(draft, i, target))
}

/**
 * @param {unknown} draft  from X.new(), or { worker, args, …options }
 * @param {number} i
 * @param {EnqueueTarget} target
 * @returns {Draft}
 */
function readDraft(draft, i, target) {
  if (isObject(draft)) {
    const { [DRAFT]: text, [HEAD]: head = '', ...given } = /** @type {{ [DRAFT]?: string, [HEAD]?: string, worker?: unknown }} */ (draft)
    const { worker, args, ...options } = /** @type {{ worker?: unknown, args?: unknown }} */ (given)
    if (typeof worker === 'string' && worker !== '') {
      if (text === undefined) return build({ name: worker, args, options, target })
      return {
        worker,
        jobClass: findWorker(worker),
        args,
        options: /** @type {JobDraft} */ (/** @type {unknown} */ (draft)).options,
        head,
        text,
      }
    }
  }
  const form = "X.new(args, options), or { worker: 'X', args: { … }, … }"
  throw new EramError('ERAM_JOB', `enqueueAll: drafts[${i}]: expected ${form}, got ${shown(draft)}`)
}

/**
 * The options of enqueueAll(), which concern the target only.
 * @param {unknown} options
 * @returns {EnqueueTarget}
 */
export function readTarget(options) {
  const target = optionsOf(options, 'enqueueAll', 'ERAM_JOB')
  for (const [key, value] of Object.entries(target)) {
    if (value === undefined || TARGET_KEYS.some((known) => known === key)) continue
    const hint = OPTION_KEYS.has(key) ? `; give it to each draft: X.new(args, { ${key} })` : ''
    throw new EramError('ERAM_JOB', `enqueueAll: expected tx, engine or prefix, got ${shown(key)}${hint}`)
  }
  rejectUndefinedTx(target)
  return target
}

/**
 * @param {EnqueueCall} call
 * @returns {Draft}
 */
export function build({ name, jobClass, args, options, target }) {
  if (!isWhole(name)) throw new EramError('ERAM_JOB', 'enqueue: expected the name of a worker, got half of a surrogate pair in it')
  const text = argsText(args, `${name}.args`, runningEngine(target.engine)?.max_args_bytes, affordable)
  const head = headOf(name, jobClass, options)
  return { worker: name, jobClass: jobClass ?? findWorker(name), args, options, head, text: `${head},"args":${text}}` }
}

/**
 * The text of a draft with the additions of its engine: the application's version, whether it may notify, and what its queue says
 * where neither the job nor its class does.
 * @param {Draft} draft
 * @param {RunningEngine | undefined} engine
 * @returns {string}
 */
export function stamped({ worker, head, text }, engine) {
  if (!engine?.version && hasVersionRule(text)) {
    const got = engine ? `engine ${JSON.stringify(engine.name)} without one` : 'no running engine'
    throw new EramError('ERAM_JOB', `${worker}.version: expected an engine with a version, EramEngine.start({ version: '…' }), got ${got}`)
  }
  const silent = engine?.notifies === false ? ',"notify":false' : ''
  const version = engine?.version ? `,"version":${JSON.stringify(engine.version)}` : ''
  const defaults = engine?.queue_defaults ? defaultsOfQueue(head, engine.queue_defaults) : ''
  return silent || version || defaults ? `${text.slice(0, -1)}${silent}${version}${defaults}}` : text
}

/** @param {string} head @param {QueueDefaults} all */
function defaultsOfQueue(head, all) {
  const { queue = 'default', ...draft } = JSON.parse(`${head}}`)
  const missing = Object.entries(all[queue] ?? {}).filter(([key]) => !(key in draft))
  return missing.map(([key, value]) => `,"${key}":${JSON.stringify(value)}`).join('')
}

/**
 * The draft without arguments and the last brace; cached if it depends on the class alone.
 * @param {string} name
 * @param {JobClass | undefined} jobClass
 * @param {Options} options
 */
function headOf(name, jobClass, options) {
  const made = state.testing?.head(name, jobClass, options)
  if (made !== undefined) return made
  for (const _ in options) return buildHead(name, jobClass, options)
  if (!jobClass) return buildHead(name, jobClass, options)
  jobClass.draftHead ??= buildHead(name, jobClass, options)
  return jobClass.draftHead
}

/** @param {string} name @param {JobClass | undefined} jobClass @param {Options} options */
function buildHead(name, jobClass, options) {
  const known = jobClass ?? findWorker(name)
  if (known) checkClass(known)
  const all = jobClass && !jobClass.stored ? { ...defaultsOf(jobClass), ...options } : options
  return translate(() => native().draft(registry(), name, optionsToJson(all, name))).slice(0, -1)
}

/**
 * The options of a class whose registration the addon does not have.
 * @param {JobClass} jobClass
 * @returns {Options}
 */
function defaultsOf({ registration }) {
  return Object.fromEntries(Object.entries(registration).filter(([key]) => OPTION_KEYS.has(key)))
}
