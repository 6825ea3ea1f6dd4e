// Which middleware applies, from the outermost to the innermost: that of all engines of this isolate, of setup files, of the engine,
// and of the job class.

import { EramError } from '../shared/errors.js'
import { state } from '../shared/global-state.js'
import { checkMiddleware } from '../shared/middleware.js'
import { invalidOption } from '../shared/validate.js'

/** @import { Middleware, Part } from '../shared/middleware.js' */

/**
 * The middleware with this part that was given to the isolate, in setup files, and to the engine.
 * @param {Part} part
 * @param {string | undefined} engine  its name
 * @returns {Middleware[]}
 */
export function layersOfEngine(part, engine) {
  const entries = state.middleware?.filter((each) => each.engine === null || each.engine === engine) ?? []
  return entries.map(({ middleware }) => middleware).filter((each) => each[part] !== undefined)
}

/**
 * The same of a job class: its `static use`.
 * @param {Part} part
 * @param {string} name  of the worker
 * @param {unknown} use
 * @returns {Middleware[]}
 */
export function layersOfClass(part, name, use) {
  if (use === undefined) return []
  if (!Array.isArray(use)) throw invalidOption(`${name}.use`, 'a list of middleware', use)
  return use.map((each, i) => checkMiddleware(each, `${name}.use[${i}]`)).filter((each) => each[part] !== undefined)
}

/** @param {Middleware} middleware @param {Part} part */
export function nameOf({ name }, part) {
  return typeof name === 'string' && name !== '' ? `${part} middleware ${JSON.stringify(name)}` : `${part} middleware`
}

/**
 * The function `next` of a middleware, which may be called once.
 * @template T
 * @param {Middleware} middleware
 * @param {Part} part
 * @param {() => T} fn
 * @returns {() => T}
 */
export function once(middleware, part, fn) {
  let called = false
  return () => {
    if (called) throw new EramError('ERAM_JOB', `${nameOf(middleware, part)}: expected one call of next(), got a second`)
    called = true
    return fn()
  }
}
