// defineJob(): a job class made of a function, for all that takes a class.

import { performs, register } from '../job/index.js'
import { callerOf } from '../shared/caller.js'
import { EramError } from '../shared/errors.js'
import { invalid, isRecord, shown } from '../shared/validate.js'
import { EramJob } from './job.js'

/** @typedef {(args: any, ctx: any) => unknown} Perform */

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
