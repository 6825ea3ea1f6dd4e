// Driver adapters: objects that give a Result, { ok: true, value } or { ok: false, error }, where others throw. An error of
// PostgreSQL crosses as what the server said; any other JavaScript error stays in a registry here, and its number crosses.

import { EramError, serverError } from '../shared/errors.js'
import { state } from '../shared/global-state.js'
import { has, isObject } from './shape.js'

/** @import { AdapterError, DriverAdapter, AdapterTransaction, Result } from '../../index.js' */
/** @import { Library } from './index.js' */

// Errors that nobody asks for must not pile up.
const KEPT = 1000
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

/** @param {any} tx a Transaction, or the adapter itself, which is none */
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
  const tx = await told('startTransaction', driver, () => driver.startTransaction())
  let result
  try {
    result = await fn(tx)
  } catch (error) {
    // What went wrong first is what counts; a connection that cannot roll back has nothing left to commit.
    await told('rollback', driver, () => tx.rollback()).catch(() => {})
    throw error
  }
  await told('commit', driver, () => tx.commit())
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
 * @param {unknown} error an AdapterError, or anything that was thrown
 * @returns {{ ok: false, error: AdapterError }}
 */
export function err(error) {
  return { ok: false, error: isError(error) ? error : crossing(error) }
}

/**
 * @param {unknown} thrown
 * @returns {AdapterError}
 */
function crossing(thrown) {
  const server = serverError(thrown)
  if (!server) return { kind: 'GenericJs', id: kept(thrown) }
  const { sqlstate: code, message, at } = server
  const [severity, detail, column, hint] = DETAILS.map((key) => at[key]).map((value) => (typeof value === 'string' ? value : undefined))
  return { kind: 'Postgres', code, severity: severity ?? 'ERROR', message, detail, column, hint }
}

/** @param {unknown} error */
function kept(error) {
  const { errors } = state
  errors.last += 1
  errors.kept.set(errors.last, error)
  if (errors.kept.size > KEPT) errors.kept.delete(errors.last - KEPT)
  return errors.last
}

/** @param {any} error @returns {error is AdapterError} */
function isError(error) {
  return isObject(error) && !(error instanceof Error) && 'kind' in error && (error.kind === 'GenericJs' || error.kind === 'Postgres')
}

/** What the server said, as an error that can be thrown. */
class ServerError extends Error {
  /** @param {Extract<AdapterError, { kind: 'Postgres' }>} said */
  constructor({ kind: _, message, ...details }) {
    super(message)
    Object.assign(this, details)
  }
}

Object.defineProperty(ServerError.prototype, 'name', { value: 'PostgresError', configurable: true })

/**
 * @param {any} result
 * @param {any} owner  an adapter or a Transaction; one with a registry of its own is asked as well
 */
function unwrap(result, owner) {
  if (result?.ok === true) return result.value
  throw original(result, owner)
}

/** @param {any} result @param {any} owner @returns {unknown} */
function original(result, owner) {
  if (result?.ok !== false || !isError(result.error)) {
    return new EramError('ERAM_DRIVER', 'driver adapter: expected { ok: true, value } or { ok: false, error }, got something else')
  }
  const { error } = result
  if (error.kind === 'Postgres') return new ServerError(error)
  const { kept } = state.errors
  const found = kept.get(error.id) ?? owner.errorRegistry?.consumeError?.(error.id)?.error
  kept.delete(error.id)
  return found ?? new Error(`the adapter's error ${error.id} is not registered; give what was thrown to err()`)
}

/**
 * @template T
 * @param {string} step
 * @param {any} owner
 * @param {() => Promise<Result<T>>} call
 * @returns {Promise<T>}
 */
async function told(step, owner, call) {
  try {
    return unwrap(await call(), owner)
  } catch (cause) {
    if (cause instanceof EramError) throw cause
    const server = serverError(cause)
    const said = cause instanceof Error ? cause.message : String(cause)
    const text = `driver adapter: ${step}: ${server ? `${said} (SQLSTATE ${server.sqlstate})` : said}`
    throw new EramError(server ? 'ERAM_DATABASE' : 'ERAM_DRIVER', text, { cause, sqlstate: server?.sqlstate })
  }
}
