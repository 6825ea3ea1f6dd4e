// The instance of a job class that the application makes for an attempt, by `create` or a setup file.

import { EramError } from '../shared/errors.js'
import { isObject, shown } from '../shared/validate.js'

/** @import { Create } from '../shared/setup-file.js' */

/**
 * Returns the instance, or a promise of it.
 * @param {Create} create
 * @param {new () => any} Class
 * @param {unknown} ctx
 */
export function makeInstance(create, Class, ctx) {
  const made = create(Class, ctx)
  return isPromise(made) ? made.then((instance) => check(instance, Class)) : check(made, Class)
}

/** @param {unknown} made @param {Function} Class */
function check(made, Class) {
  if (isObject(made) && typeof (/** @type {{ perform?: unknown }} */ (made).perform) === 'function') return made
  throw new EramError('ERAM_JOB', `${Class.name}: expected create to give an instance with a method perform, got ${shown(made)}`)
}

/** @param {any} value @returns {value is PromiseLike<unknown>} */
export function isPromise(value) {
  return value !== null && typeof value === 'object' && typeof value.then === 'function'
}
