// Driver adapters as drivers: ok() and err() make their results, and transactions are opened on them. For an error of PostgreSQL the
// result has the server's fields; any other JavaScript error stays in a registry, and the result has its number.

import { driverErrors } from '../shared/driver-errors.js'
import { EramError, serverError } from '../shared/errors.js'
import { has, isAdapterError, unwrap } from '../transactions/index.js'

/** @import { AdapterError, DriverAdapter, AdapterTransaction, Result } from '../../index.js' */

/** Errors in the registry, where unclaimed ones must not accumulate. */
const MAX_KEPT = 1000
/** Fields of a server's error that a result has besides code and message. */
const DETAILS = /** @type {const} */ (['severity', 'detail', 'column', 'hint'])

/** @param {any} value @returns {value is DriverAdapter} */
export function isAdapter(value) {
  return has(value, 'queryRaw', 'executeRaw', 'startTransaction')
}

/**
 * @template T
 * @param {DriverAdapter} driver
 * @param {(tx: AdapterTransaction) => T | Promise<T>} fn
 * @returns {Promise<T>}
 */
export async function transactionOn(driver, fn) {
  const tx = await step('startTransaction', driver, () => driver.startTransaction())
  let result
  try {
    result = await fn(tx)
  } catch (error) {
    // The first error counts; a connection that cannot roll back cannot commit either.
    await step('rollback', driver, () => tx.rollback()).catch(() => {})
    throw error
  }
  await step('commit', driver, () => tx.commit())
  return result
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

/**
 * @template T
 * @param {string} name  of the step
 * @param {any} owner
 * @param {() => Promise<Result<T>>} call
 * @returns {Promise<T>}
 */
async function step(name, owner, call) {
  try {
    return unwrap(await call(), owner)
  } catch (cause) {
    if (cause instanceof EramError) throw cause
    const server = serverError(cause)
    const message = cause instanceof Error ? cause.message : String(cause)
    const text = `driver adapter: ${name}: ${server ? `${message} (SQLSTATE ${server.sqlstate})` : message}`
    throw new EramError(server ? 'ERAM_DATABASE' : 'ERAM_DRIVER', text, { cause, sqlstate: server?.sqlstate })
  }
}
