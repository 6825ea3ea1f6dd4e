// Performs an operation on a running engine or a schema, and makes its answer presentable: times become Dates.

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

/**
 * @param {Operation} operation
 * @param {object} target  an engine; for an operation on a schema, the class EramEngine
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
export async function perform({ answer, run }, target, options = {}) {
  const given = await run(hosts.get(target) ?? target, options)
  return (answer.dates ?? []).reduce((value, path) => withDate(value, path.split('.').filter(Boolean)), given)
}

/**
 * Turns the time at a path into a Date, in place.
 * @param {any} value
 * @param {string[]} path
 * @returns {any}
 */
function withDate(value, path) {
  if (Array.isArray(value)) return value.map((item) => withDate(item, path))
  const [key, ...rest] = path
  if (key === undefined) return typeof value === 'string' || typeof value === 'number' ? new Date(value) : value
  if (isRecord(value) && key in value) value[key] = withDate(value[key], rest)
  return value
}
