// The instance that a user's file exports, for `driver: { type, filename, export }`.

import { types } from 'node:util'
import { EramError } from '../shared/errors.js'
import { isObject, shown } from '../shared/validate.js'
import { loadFile } from './load.js'

/** @import { NamedLibrary } from './libraries/index.js' */
/** @import { DriverSpec } from './spec.js' */

/**
 * The instance that the file exports: under the given name, as default, or as the only export of its kind. A function is called
 * with the config to make the instance, which then belongs to the engine (`made`).
 * @param {DriverSpec} spec
 * @param {NamedLibrary} library
 * @returns {Promise<{ root: any, made: boolean }>}
 */
export async function exportedInstance(spec, library) {
  const exports = await loadFile(/** @type {string} */ (spec.filename), 'driver.filename')
  /** @type {Record<string, unknown>} */
  const whole = { ...exports.default, ...exports }
  const values = spec.export ? [whole[spec.export]] : Object.values({ default: exports.default, ...whole })
  // Libraries with asynchronous initialization are exported as a promise.
  for (const value of values) {
    const root = types.isPromise(value) ? await settled(value, spec) : value
    if (isInstance(library, root)) return { root, made: false }
  }
  const maker = spec.export ? whole[spec.export] : exports.default
  const root = typeof maker === 'function' ? await settled(call(maker, spec.config), spec) : undefined
  if (isInstance(library, root)) return { root, made: true }
  const names = Object.keys(whole).join(', ') || 'nothing'
  const got = typeof maker === 'function' ? `a function that gives ${shown(root)}` : shown(maker)
  const what = spec.export && !Object.hasOwn(whole, spec.export) ? '' : `got ${got}; `
  throw new EramError(
    'ERAM_DRIVER',
    `driver.filename: ${spec.filename}: expected ${spec.export ?? 'an export'} to be a ready ${library.name} instance or a function that makes one, ${what}it exports ${names}`,
  )
}

/** @param {NamedLibrary} library @param {any} value */
export function isInstance({ source }, value) {
  if (!isObject(value) && typeof value !== 'function') return false
  return source.isInstance(value) || source.accepts?.(value) === true
}

/** @param {Function} maker @param {unknown} config */
async function call(maker, config) {
  return maker(config)
}

/**
 * @param {Promise<unknown>} promise
 * @param {DriverSpec} spec
 */
async function settled(promise, { filename, export: name = 'its export' }) {
  try {
    return await promise
  } catch (cause) {
    throw new EramError(
      'ERAM_DRIVER',
      `driver.filename: ${filename}: expected ${name} to give an instance, it threw ${cause instanceof Error ? cause.message : shown(cause)}`,
      { cause },
    )
  }
}
