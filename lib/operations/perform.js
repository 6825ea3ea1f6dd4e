// Performs an operation on a running engine or a schema, and makes its answer presentable: times become Dates.

import { dateOf } from '../shared/dates.js'
import { isRecord } from '../shared/validate.js'

/** @import { EngineHost, Operation, Options, SchemaHost } from './operation.js' */

/** What operations use of an engine, of its parts, and of the class EramEngine. @type {WeakMap<object, EngineHost | SchemaHost>} */
const hosts = new WeakMap()

/**
 * @param {object} target
 * @param {EngineHost | SchemaHost} host
 */
export function setHost(target, host) {
  hosts.set(target, host)
}

/** The host of an engine. @param {object} engine @returns {EngineHost} */
export function hostOf(engine) {
  return /** @type {EngineHost} */ (hosts.get(engine))
}

/**
 * @param {Operation} operation
 * @param {object} target  an engine; for an operation on a schema, the class EramEngine
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
export async function perform({ answer, run }, target, options = {}) {
  const given = await run(hosts.get(target) ?? target, options)
  return (answer.dates ?? []).reduce((value, path) => atPath(value, path, toDate), given)
}

/**
 * Replaces the times at a path, in place.
 * @param {any} value
 * @param {string} path  'nodes.started_at'; '' is the value itself
 * @param {(time: unknown) => unknown} replace
 */
export function atPath(value, path, replace) {
  return replaced(value, path.split('.').filter(Boolean), replace)
}

/**
 * @param {any} value
 * @param {string[]} path
 * @param {(time: unknown) => unknown} replace
 * @returns {any}
 */
function replaced(value, path, replace) {
  if (Array.isArray(value)) return value.map((item) => replaced(item, path, replace))
  const [key, ...rest] = path
  if (key === undefined) return replace(value)
  if (isRecord(value) && key in value) value[key] = replaced(value[key], rest, replace)
  return value
}

/** @param {unknown} time */
function toDate(time) {
  return typeof time === 'string' || typeof time === 'number' ? dateOf(time) : time
}
