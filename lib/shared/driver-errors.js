// The results of driver adapters, which ok() and err() make. For an error of PostgreSQL the result has the server's fields; any other
// JavaScript error stays in a registry, which all copies of this package in one isolate share, and the result has its number.

import { serverError } from './errors.js'
import { isObject } from './validate.js'

/** @import { AdapterError } from '../../index.js' */

/** Errors in the registry, where unclaimed ones must not accumulate. */
const MAX_KEPT = 1000
/** Fields of a server's error that a result has besides code and message. */
const DETAILS = /** @type {const} */ (['severity', 'detail', 'column', 'hint'])

const KEY = Symbol.for('eramjs.driver-errors')

/** @typedef {{ last: number, kept: Map<number, unknown> }} DriverErrors */

const shared = /** @type {Record<symbol, DriverErrors | undefined>} */ (/** @type {unknown} */ (globalThis))

export const driverErrors = shared[KEY] ?? { last: 0, kept: new Map() }
shared[KEY] = driverErrors

/** @param {any} error @returns {error is AdapterError} */
export function isAdapterError(error) {
  return isObject(error) && !(error instanceof Error) && 'kind' in error && (error.kind === 'GenericJs' || error.kind === 'Postgres')
}

/**
 * @template T
 * @param {T} value
 * @returns {{ ok: true, value: T }}
 */
export function ok(value) {
  return { ok: true, value }
}

/**
 * @param {unknown} error  an AdapterError, or anything that was thrown
 * @returns {{ ok: false, error: AdapterError }}
 */
export function err(error) {
  return { ok: false, error: isAdapterError(error) ? error : adapterError(error) }
}

/**
 * @param {unknown} thrown
 * @returns {AdapterError}
 */
function adapterError(thrown) {
  const server = serverError(thrown)
  if (!server) return { kind: 'GenericJs', id: keep(thrown) }
  const { sqlstate: code, message, at } = server
  const [severity, detail, column, hint] = DETAILS.map((key) => at[key]).map((value) => (typeof value === 'string' ? value : undefined))
  return { kind: 'Postgres', code, severity: severity ?? 'ERROR', message, detail, column, hint }
}

/** @param {unknown} error */
function keep(error) {
  driverErrors.last += 1
  driverErrors.kept.set(driverErrors.last, error)
  if (driverErrors.kept.size > MAX_KEPT) driverErrors.kept.delete(driverErrors.last - MAX_KEPT)
  return driverErrors.last
}
