// EramError, the one error class that EramJS throws, and its construction from errors of the addon and of the database.
// Codes are the contract; messages read "<subject>: expected …, got …; hint" and never contain job arguments, SQL or parameters.

import { message as shown, withoutSecrets } from './text.js'

/** @import { EramErrorCode } from '../../index.js' */

const BRAND = Symbol.for('eram.error')

export class EramError extends Error {
  /**
   * @param {EramErrorCode} code
   * @param {string} message
   * @param {{ cause?: unknown, sqlstate?: string }} [details]
   */
  constructor(code, message, { cause, sqlstate } = {}) {
    super(shown(message), cause === undefined ? undefined : { cause: withoutSecrets(cause) })
    /** @type {EramErrorCode} */
    this.code = code
    /** @type {string | undefined} */
    this.sqlstate = sqlstate
    if (sqlstate === undefined) delete this.sqlstate
  }

  // By brand, so that an error of the CommonJS bundle is also an instance of the ES module's class.
  /** @param {unknown} value */
  static [Symbol.hasInstance](value) {
    if (this !== EramError) return Function.prototype[Symbol.hasInstance].call(this, value)
    return typeof value === 'object' && value !== null && BRAND in value
  }
}

setErrorName(EramError, 'EramError')
Object.defineProperty(EramError.prototype, BRAND, { value: true })

/**
 * Sets the `name` of an error class explicitly, because minifiers rename classes.
 * @param {Function} type
 * @param {string} name
 */
export function setErrorName(type, name) {
  Object.defineProperty(type.prototype, 'name', { value: name, writable: true, configurable: true })
}

const FROM_ADDON = /^(ERAM_[A-Z_]+)(?: \[([0-9A-Z]{5})\])?: (.*)$/s

/**
 * Converts an error of the addon, a plain Error that reads "ERAM_CODE: text" or "ERAM_DATABASE [sqlstate]: text". Returns
 * anything else unchanged.
 * @param {unknown} thrown
 * @returns {unknown}
 */
export function fromNative(thrown) {
  // Not by instanceof: in the context of a test runner the addon's errors are of another one.
  if (Object.prototype.toString.call(thrown) !== '[object Error]') return thrown
  const [, code, sqlstate, text] = FROM_ADDON.exec(/** @type {Error} */ (thrown).message) ?? []
  if (!code || !text) return thrown
  return new EramError(/** @type {EramErrorCode} */ (code), text, { sqlstate })
}

/**
 * Awaits a promise of the addon; a rejection becomes an EramError whose stack names the caller.
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
export async function translated(promise) {
  try {
    return await promise
  } catch (error) {
    throw fromNative(error)
  }
}

/**
 * Calls the addon; an error that it throws becomes an EramError.
 * @template T
 * @param {() => T} call
 * @returns {T}
 */
export function translate(call) {
  try {
    return call()
  } catch (error) {
    throw fromNative(error)
  }
}

const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/
const PRISMA = /^P[1-9]\d{3}$/
/** Members in which database libraries keep the SQLSTATE. */
const STATES = ['code', 'originalCode', 'sqlState', 'errno']
/** Members in which they keep the error below. */
const CAUSES = ['cause', 'original', 'parent', 'driverError', 'driverAdapterError', 'originalError', 'nativeError', 'meta', 'previous']

/**
 * Finds the server's own error inside the errors that a library wrapped around it.
 * @param {unknown} error
 * @returns {{ sqlstate: string, message: string, at: Record<string, unknown> } | undefined}
 */
export function serverError(error) {
  const seen = new Set()
  // Members are read lazily: reading a deprecated one of Sequelize 7 prints a warning.
  const queue = [() => error]
  for (let i = 0; i < queue.length && i < 32; i++) {
    const at = /** @type {Record<string, unknown>} */ (queue[i]?.())
    if (typeof at !== 'object' || at === null || seen.has(at)) continue
    seen.add(at)
    for (const key of STATES) {
      const value = at[key]
      // Prisma's own codes (P2010) look like a SQLSTATE; of class P, PostgreSQL has only P0….
      if (typeof value === 'string' && SQLSTATE.test(value) && !PRISMA.test(value)) {
        return { sqlstate: value, message: typeof at.message === 'string' ? at.message : '', at }
      }
    }
    for (const key of CAUSES) queue.push(() => at[key])
  }
  return undefined
}
