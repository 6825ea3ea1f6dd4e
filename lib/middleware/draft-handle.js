// A draft as enqueue middleware sees it, and changes it before it is inserted. A changed draft is built and checked again, before any
// SQL.

import { build } from '../job/index.js'
import { bytesOf } from '../shared/draft.js'
import { EramError } from '../shared/errors.js'
import { toJson } from '../shared/json.js'
import { SAFE_LENGTH } from '../shared/text.js'
import { invalid, isRecord } from '../shared/validate.js'

/** @import { Draft, EnqueueTarget } from '../job/draft.js' */

/** Of each member of what a draft carries, as JSON. */
const MAX_CONTEXT_BYTES = 2048
const MAX_TRACE_BYTES = 4096

// Access to private members for the chain, which middleware does not have.
/** The draft as it is inserted; no more changes. @type {(handle: DraftHandle) => Draft} */
export let finished

export class DraftHandle {
  #draft
  #target
  /** @type {Record<string, unknown> | undefined} */
  #context
  /** @type {Record<string, unknown> | undefined} */
  #trace
  #isFinished = false

  /** @param {Draft} draft @param {EnqueueTarget} target */
  constructor(draft, target) {
    this.#draft = draft
    this.#target = target
  }

  get worker() {
    return this.#draft.worker
  }

  /** Of the job: its own, or that of its class. @returns {string} */
  get queue() {
    return JSON.parse(`${this.#draft.head}}`).queue ?? 'default'
  }

  get args() {
    return this.#draft.args
  }

  get options() {
    return this.#draft.options
  }

  /** @param {unknown} options  they replace those of the same names */
  set(options) {
    if (!isRecord(options)) throw invalid('ERAM_JOB', `${this.worker}: draft.set`, 'an object of options', options)
    this.#rebuild('set', this.#draft.args, { ...this.#draft.options, ...options })
  }

  /** @param {unknown} args */
  setArgs(args) {
    this.#rebuild('setArgs', args, this.#draft.options)
  }

  /** @param {unknown} values  members of `meta.context` */
  context(values) {
    this.#checkOpen('context')
    if (!isRecord(values)) throw invalid('ERAM_JOB', `${this.worker}: draft.context`, 'an object', values)
    for (const [key, value] of Object.entries(values)) textWithin(value, MAX_CONTEXT_BYTES, `${this.worker}: draft.context: ${key}`)
    this.#context = { ...this.#context, ...values }
  }

  /** @param {unknown} carrier  `meta.trace`, unless the call has given one */
  trace(carrier) {
    this.#checkOpen('trace')
    if (!isRecord(carrier)) throw invalid('ERAM_JOB', `${this.worker}: draft.trace`, 'an object', carrier)
    textWithin(carrier, MAX_TRACE_BYTES, `${this.worker}: draft.trace`)
    this.#trace = carrier
  }

  /** @param {string} method @param {unknown} args @param {Record<string, unknown>} options */
  #rebuild(method, args, options) {
    this.#checkOpen(method)
    const { worker: name, jobClass } = this.#draft
    this.#draft = build({ name, jobClass, args, options, target: this.#target })
  }

  /** @param {string} method */
  #checkOpen(method) {
    if (!this.#isFinished) return
    throw new EramError('ERAM_JOB', `${this.worker}: draft.${method}: expected a call before next(), got one after it`)
  }

  static {
    finished = (handle) => {
      handle.#isFinished = true
      const draft = handle.#draft
      if (!handle.#context && !handle.#trace) return draft
      const context = toJson({ trace: handle.#trace, context: handle.#context }, `${draft.worker}: draft.context`)
      return { ...draft, text: `${draft.text.slice(0, -1)},"context":${context}}` }
    }
  }
}

/** @param {unknown} value @param {number} limit @param {string} subject */
function textWithin(value, limit, subject) {
  const bytes = bytesOf(toJson(value, subject, 'ERAM_JOB', { most: SAFE_LENGTH }))
  if (bytes > limit) throw new EramError('ERAM_JOB', `${subject}: expected at most ${limit} bytes of JSON, got ${bytes}`)
}
