// The name of a worker: given, or that of its class, unless a build tool has changed it. The name is stored with each job, so it
// must be the same in every build.

import { EramError } from '../shared/errors.js'
import { invalid } from '../shared/validate.js'

/** What compilers and bundlers call a class without a name: default, _default, default_1, jobs_default, __WEBPACK_DEFAULT_EXPORT__. */
const ANONYMOUS = /^$|(?:^|_)default(?:_+export_*)?(?:[_$]?\d+)?$|^__WEBPACK_DEFAULT_EXPORT__$|^_class\d*$/

/** No name that people give has so few characters; minifiers begin with these. */
const SHORTEST = 3

/**
 * @param {Function} type
 * @param {unknown} given  options.name
 * @returns {string}
 */
export function workerName(type, given) {
  const name = given ?? type.name
  if (typeof name !== 'string' || name === '') throw refused(name, '')
  if (given === undefined || given === null) {
    if (ANONYMOUS.test(name)) throw refused(name, ', which is that of a class without a name')
    if (name.length < SHORTEST) throw refused(name, ', which is that of a minifier and may differ in the next build')
  }
  return name
}

/**
 * @param {unknown} name
 * @param {string} reason
 * @returns {EramError}
 */
function refused(name, reason) {
  const error = invalid('ERAM_JOB', 'register', 'the class or options.name to give a name', name)
  if (typeof name !== 'string') return error
  return new EramError('ERAM_JOB', `${error.message}${reason}; give it one that lasts: register({ name: 'EmailUserJob' })`)
}
