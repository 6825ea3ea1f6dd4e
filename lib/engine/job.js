// EramJob, the base class of job classes. Static methods register and enqueue; a new instance performs each attempt.

import { newDraft, register, registered } from '../job/index.js'
import { callerOf } from '../shared/caller.js'
import { EramError } from '../shared/errors.js'
import { onWorker } from '../shared/worker-listeners.js'
import { enqueue } from './enqueueing.js'

/** @import { RegisterOptions } from '../../index.js' */

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
