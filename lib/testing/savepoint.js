// Runs a part of a transaction so that an SQL error in it does not end the transaction.

/** @import { Executor } from '../transactions/resolve.js' */

/**
 * @template T
 * @param {Executor} executor
 * @param {string} name
 * @param {() => Promise<T>} fn
 * @param {boolean} undoes  what fn wrote is undone when it throws
 * @returns {Promise<T>}
 */
export async function inSavepoint(executor, name, fn, undoes) {
  await executor.query(`savepoint ${name}`, [])
  let value
  try {
    value = await fn()
  } catch (error) {
    if (undoes) await executor.query(`rollback to savepoint ${name}`, [])
    throw error
  }
  try {
    await executor.query(`release savepoint ${name}`, [])
  } catch {
    // An SQL error of the job has aborted the transaction up to here.
    await executor.query(`rollback to savepoint ${name}`, [])
  }
  return value
}
