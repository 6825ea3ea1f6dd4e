// Driver adapters: objects that return a result, { ok: true, value } or { ok: false, error }, instead of throwing. For an error of
// PostgreSQL the result has the server's fields; any other JavaScript error stays in a registry here, and the result has its number.

import { EramError, serverError, setErrorName } from '../shared/errors.js'
import { state } from '../shared/global-state.js'
import { isObject } from '../shared/validate.js'
import { has } from './shape.js'

/** @import { AdapterError, DriverAdapter, AdapterTransaction, Result } from '../../index.js' */
/** @import { Library } from './libraries/index.js' */

/** Errors in the registry, where unclaimed ones must not accumulate. */
const MAX_KEPT = 1000
/** Fields of a server's error that a result has besides code and message. */
const DETAILS = /** @type {const} */ (['severity', 'detail', 'column', 'hint'])

/** @type {Library} */
export const adapter = {
  name: 'driver adapter',
  matches: isTransaction,
  open: (tx) => (has(tx, 'startTransaction') ? false : undefined),
  async query(tx, sql, args) {
    const { columnNames, rows } = unwrap(await tx.queryRaw({ sql, args }), tx)
    return rows.map((/** @type {unknown[]} */ row) =>
      Object.fromEntries(columnNames.map((/** @type {string} */ name, /** @type {number} */ i) => [name, row[i]])),
    )
  },
  pass: 'pass the Transaction that startTransaction() gives',
}

/** @param {any} value @returns {value is DriverAdapter} */
export function isAdapter(value) {
  return has(value, 'queryRaw', 'executeRaw', 'startTransaction')
}

/** @param {any} tx  a Transaction; also true for the adapter itself, which `open` rejects */
function isTransaction(tx) {
  return has(tx, 'queryRaw', 'executeRaw') && (has(tx, 'commit', 'rollback') || has(tx, 'startTransaction'))
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
  return { ok: false, error: isError(error) ? error : adapterError(error) }
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
  const errors = state.driverErrors
  errors.last += 1
  errors.kept.set(errors.last, error)
  if (errors.kept.size > MAX_KEPT) errors.kept.delete(errors.last - MAX_KEPT)
  return errors.last
}

/** @param {any} error @returns {error is AdapterError} */
function isError(error) {
  return isObject(error) && !(error instanceof Error) && 'kind' in error && (error.kind === 'GenericJs' || error.kind === 'Postgres')
}

/** An error of the server, rebuilt from a result. */
class ServerError extends Error {
  /** @param {Extract<AdapterError, { kind: 'Postgres' }>} error */
  constructor({ kind: _, message, ...details }) {
    super(message)
    Object.assign(this, details)
  }
}

setErrorName(ServerError, 'PostgresError')

/**
 * @param {any} result
 * @param {any} owner  an adapter or a Transaction, which may have a registry of its own
 */
function unwrap(result, owner) {
  if (result?.ok === true) return result.value
  throw originalError(result, owner)
}

/** @param {any} result @param {any} owner @returns {unknown} */
function originalError(result, owner) {
  if (result?.ok !== false || !isError(result.error)) {
    return new EramError('ERAM_DRIVER', 'driver adapter: expected { ok: true, value } or { ok: false, error }, got something else')
  }
  const { error } = result
  if (error.kind === 'Postgres') return new ServerError(error)
  const { kept } = state.driverErrors
  const found = kept.get(error.id) ?? owner.errorRegistry?.consumeError?.(error.id)?.error
  kept.delete(error.id)
  return found ?? new Error(`the adapter's error ${error.id} is not registered; pass what was thrown to err()`)
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
