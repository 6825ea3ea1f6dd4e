// Whether an instance of a job class can be made without arguments.

import { EramError } from '../shared/errors.js'

/**
 * Whether the constructor of a class has parameters that `new` alone would leave undefined.
 * @param {Function} type
 */
function wantsArguments(type) {
  for (let each = type; typeof each === 'function'; each = Object.getPrototypeOf(each)) {
    if (each.length > 0) return true
    // A class without a constructor of its own has that of its parent.
    if (/\bconstructor\s*\(/.test(Function.prototype.toString.call(each))) return false
  }
  return false
}

/**
 * Throws if jobs of a class need what only `create` can give them.
 * @param {string} name  of the worker
 * @param {Function} type
 * @param {unknown} create  the function that makes instances in this isolate, if there is one
 */
export function checkConstructor(name, type, create) {
  if (create !== undefined || !wantsArguments(type)) return
  throw new EramError(
    'ERAM_JOB',
    `${name}.constructor: expected no parameters, as each attempt is made by new ${type.name || name}(), got ${type.length || 'some'}; ` +
      'make instances with create: (JobClass, ctx) => …, in job threads with resolve of a setup file, or give the parameters defaults',
  )
}
