// The middleware of this isolate: that of all its engines, of setup files, and of one engine. The list is a new one after each change,
// by which those who have composed it see that it has changed. Without any it is undefined, so that jobs pay for one check.

import { state } from './global-state.js'
import { invalidOption, isObject } from './validate.js'

/**
 * What surrounds calls of enqueue, attempts and calls of perform; each of its functions is optional.
 * @typedef {object} Middleware
 * @property {unknown} [name]
 * @property {(call: any, next: () => Promise<any[]>) => unknown} [enqueue]
 * @property {(ctx: any, next: () => Promise<any>) => unknown} [attempt]
 * @property {(args: any, ctx: any, next: () => unknown) => unknown} [perform]
 */

/** Where middleware was given, from the outermost to the innermost. */
const PLACES = /** @type {const} */ (['otel', 'isolate', 'setup', 'engine'])
export const PARTS = /** @type {const} */ (['enqueue', 'attempt', 'perform'])

/** @typedef {typeof PARTS[number]} Part */
/** @typedef {{ middleware: Middleware, place: typeof PLACES[number], engine: string | null }} Entry  `engine`: null for all */

/**
 * Adds middleware behind that of the same place.
 * @param {unknown} given
 * @param {{ subject: string, place: Entry['place'], engine?: string }} about
 * @returns {() => void} removes it
 */
export function useMiddleware(given, { subject, place, engine }) {
  /** @type {Entry} */
  const entry = { middleware: checkMiddleware(given, subject), place, engine: engine ?? null }
  const all = [...(state.middleware ?? []), entry]
  state.middleware = PLACES.flatMap((place) => all.filter((each) => each.place === place))
  return () => remove((each) => each === entry)
}

/** Removes what an engine that has stopped was given. @param {string} engine  its name */
export function dropMiddleware(engine) {
  remove((each) => each.place !== 'setup' && each.engine === engine)
}

/**
 * @param {unknown} given
 * @param {string} subject
 * @returns {Middleware}
 */
export function checkMiddleware(given, subject) {
  const middleware = /** @type {Record<string, unknown>} */ (given)
  if (!isObject(given) || !PARTS.some((part) => middleware[part] !== undefined)) {
    throw invalidOption(subject, `an object with at least one of the functions ${PARTS.join(', ')}`, given)
  }
  for (const part of PARTS) {
    const value = middleware[part]
    if (value !== undefined && typeof value !== 'function') throw invalidOption(`${subject}: ${part}`, 'a function', value)
  }
  return /** @type {Middleware} */ (given)
}

/** @param {(entry: Entry) => boolean} isRemoved */
function remove(isRemoved) {
  const rest = state.middleware?.filter((each) => !isRemoved(each))
  state.middleware = rest?.length ? rest : undefined
}
