// EramJob, the base class of job classes: static methods register and enqueue, and a new instance performs each attempt. And
// defineJob(), a job class made of a function, for all that takes a class. What inserts jobs is imported with the first enqueue, so that
// importing eramjs is quick; a call is read before that, as its objects may change meanwhile.

import { build, newDraft, performs, readCall, readDrafts, readTarget, register, registered } from '../job/index.js'
import { callerOf } from '../shared/caller.js'
import { EramError } from '../shared/errors.js'
import { state } from '../shared/global-state.js'
import { invalid, isRecord, shown } from '../shared/validate.js'
import { onWorker } from '../shared/worker-listeners.js'

/** @import { RegisterOptions } from '../../index.js' */
/** @import { Enqueueing } from '../shared/global-state.js' */

/** @typedef {(args: any, ctx: any) => unknown} Perform */

let isAliasKnown = false

/** Warns of the first use of `equeue` in this process. */
function warnOfAlias() {
  if (isAliasKnown) return
  isAliasKnown = true
  process.emitWarning('EramJob.equeue: expected enqueue, got its alias equeue, which does the same', 'DeprecationWarning')
}

export class EramJob {
  /**
   * @param {RegisterOptions} [options]
   * @param {string} [frame]  of the class, from a decorator that knows it
   */
  static register(options = {}, frame = callerOf(EramJob.register)) {
    if (this === EramJob) {
      throw new EramError(
        'ERAM_JOB',
        'EramJob.register: expected a subclass; write class MyJob extends EramJob { … } and MyJob.register({ … })',
      )
    }
    // The place of registration distinguishes classes of the same name.
    register(this, options, frame)
    return this
  }

  /** @param {unknown} [args] @param {Record<string, unknown>} [options] */
  static new(args, options) {
    return newDraft(this, args, options)
  }

  /** @param {unknown} [args] @param {Record<string, unknown>} [options] */
  static async enqueue(args, options) {
    return enqueue(this, args, options)
  }

  /** @param {unknown} [args] @param {Record<string, unknown>} [options] */
  static async equeue(args, options) {
    warnOfAlias()
    return this.enqueue(args, options)
  }

  /** @param {(job: any) => unknown} callback */
  static onSuccess(callback) {
    return onWorker(registered(this).name, 'success', callback)
  }

  /** @param {(job: any) => unknown} callback */
  static onFailure(callback) {
    return onWorker(registered(this).name, 'failure', callback)
  }

  /** @param {(job: any) => unknown} callback */
  static onAttempt(callback) {
    return onWorker(registered(this).name, 'attempt', callback)
  }

  /**
   * @param {any} _args
   * @param {any} _ctx
   * @returns {unknown}
   */
  perform(_args, _ctx) {
    const { name } = this.constructor
    throw new EramError('ERAM_JOB', `${name}.perform: expected the class to define it: async perform(args, ctx) { … }`)
  }
}

/**
 * @param {string} name  of the worker
 * @param {Record<string, unknown> | Perform} options  those of register(); may be left out
 * @param {Perform} [perform]
 */
export function defineJob(name, options, perform) {
  if (typeof name !== 'string' || name === '') throw invalid('ERAM_JOB', 'defineJob', 'the name of the job first', name)
  const [given, run] = typeof options === 'function' && perform === undefined ? [{}, options] : [options ?? {}, perform]
  const subject = `defineJob(${shown(name)})`
  if (!isRecord(given)) throw invalid('ERAM_JOB', subject, 'an object of options', given)
  if (typeof run !== 'function') throw invalid('ERAM_JOB', subject, 'a function: async (args, ctx) => { … }', run)
  if (given.name !== undefined)
    throw new EramError('ERAM_JOB', `${subject}: expected its name as the first argument only, got options.name too`)
  const { backoff, name: _, ...rest } = /** @type {Record<string, unknown>} */ (given)
  const type = class extends EramJob {
    /** @param {any} args @param {any} ctx */
    perform(args, ctx) {
      return run(args, ctx)
    }
  }
  Object.defineProperty(type, 'name', { value: name })
  if (typeof backoff === 'function') Object.defineProperty(type.prototype, 'backoff', { value: backoff })
  else if (backoff !== undefined) rest.backoff = backoff
  performs(type, run)
  // The place of the call, which distinguishes jobs of the same name.
  register(type, { ...rest, name }, callerOf(defineJob))
  return type
}

/** @returns {Promise<Enqueueing>} */
async function imported() {
  await import('../enqueue/index.js')
  return /** @type {Enqueueing} */ (state.enqueueing)
}

/**
 * @param {Function | string} worker
 * @param {unknown} [args]
 * @param {Record<string, unknown>} [options]
 */
export async function enqueue(worker, args, options) {
  if (state.enqueueing) return state.enqueueing.enqueue(worker, args, options)
  const call = readCall(worker, args, options)
  const draft = build(call)
  return (await imported()).enqueueDraft(draft, call.target)
}

/**
 * @param {Iterable<unknown>} drafts
 * @param {Record<string, unknown>} [options]
 */
export async function enqueueAll(drafts, options = {}) {
  if (state.enqueueing) return state.enqueueing.enqueueAll(drafts, options)
  const target = readTarget(options)
  const list = readDrafts(drafts, target)
  return (await imported()).enqueueDrafts(list, target)
}

/**
 * @template T
 * @param {unknown} tx
 * @param {() => T | Promise<T>} fn
 * @param {{ engine?: string, prefix?: string }} [options]
 */
export async function withTransaction(tx, fn, options) {
  return (state.enqueueing ?? (await imported())).withTransaction(tx, fn, options)
}
