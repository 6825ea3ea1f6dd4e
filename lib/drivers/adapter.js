// Driver adapters as drivers: transactions are opened on them.

import { EramError, serverError } from '../shared/errors.js'
import { has, unwrap } from '../transactions/index.js'

/** @import { DriverAdapter, AdapterTransaction, Result } from '../../index.js' */

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
