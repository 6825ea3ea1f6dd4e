// The one class of error that EramJS throws, and how the addon's texts and the database's refusals become it.
// Codes are the contract; messages read "<subject>: expected …, got …; hint" and never carry arguments, SQL or parameters.

/** @import { EramErrorCode } from '../../index.js' */

const BRAND = Symbol.for('eram.error')

export class EramError extends Error {
  /**
   * @param {EramErrorCode} code
   * @param {string} message
   * @param {{ cause?: unknown, sqlstate?: string }} [details]
   */
  constructor(code, message, { cause, sqlstate } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    /** @type {EramErrorCode} */
    this.code = code
    /** @type {string | undefined} */
    this.sqlstate = sqlstate
    if (sqlstate === undefined) delete this.sqlstate
  }

  // By brand, so that an error from the CommonJS bundle is an instance of the ES module's class as well.
  /** @param {unknown} value */
  static [Symbol.hasInstance](value) {
    if (this !== EramError) return Function.prototype[Symbol.hasInstance].call(this, value)
    return typeof value === 'object' && value !== null && BRAND in value
  }
}

Object.defineProperty(EramError.prototype, 'name', { value: 'EramError', writable: true, configurable: true })
Object.defineProperty(EramError.prototype, BRAND, { value: true })

const FROM_ADDON = /^(ERAM_[A-Z_]+)(?: \[([0-9A-Z]{5})\])?: (.*)$/s

/**
 * The addon throws plain errors that read "ERAM_CODE: text", or "ERAM_DATABASE [sqlstate]: text"; anything else passes through.
 * @param {unknown} thrown
 * @returns {unknown}
 */
export function fromNative(thrown) {
  if (!(thrown instanceof Error)) return thrown
  const [, code, sqlstate, text] = FROM_ADDON.exec(thrown.message) ?? []
  if (!code || !text) return thrown
  return new EramError(/** @type {EramErrorCode} */ (code), text, { sqlstate })
}

/**
 * Waits for a promise of the addon; what it rejects with becomes an EramError whose stack names the caller.
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
 * Calls the addon; what it throws becomes an EramError.
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
const STATES = ['code', 'originalCode', 'sqlState', 'errno']
const CAUSES = ['cause', 'original', 'parent', 'driverError', 'driverAdapterError', 'originalError', 'nativeError', 'meta', 'previous']

/**
 * Finds the server's own error inside whatever a library wrapped it in.
 * @param {unknown} error
 * @returns {{ sqlstate: string, message: string, at: Record<string, unknown> } | undefined}
 */
export function serverError(error) {
  const seen = new Set()
  // Looked at only in their turn: Sequelize 7 warns whoever reads what it has renamed to `cause`.
  const queue = [() => error]
  for (let i = 0; i < queue.length && i < 32; i++) {
    const at = /** @type {Record<string, unknown>} */ (queue[i]?.())
    if (typeof at !== 'object' || at === null || seen.has(at)) continue
    seen.add(at)
    for (const key of STATES) {
      const value = at[key]
      // Prisma's own codes (P2010) look like a SQLSTATE; PostgreSQL's class P has P0 only.
      if (typeof value === 'string' && SQLSTATE.test(value) && !PRISMA.test(value)) {
        return { sqlstate: value, message: typeof at.message === 'string' ? at.message : '', at }
      }
    }
    for (const key of CAUSES) queue.push(() => at[key])
  }
  return undefined
}

/**
 * A value as a message may show it: short, quoted, and never throwing.
 * @param {any} value
 * @returns {string}
 */
export function shown(value) {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
    case 'number':
    case 'boolean':
      return String(value)
    case 'undefined':
      return 'undefined'
    case 'bigint':
      return 'a BigInt'
    case 'symbol':
      return 'a symbol'
    case 'function':
      return /^class\b/.test(Function.prototype.toString.call(value)) ? `class ${value.name || '(anonymous)'}` : 'a function'
    default:
      return value === null ? 'null' : Array.isArray(value) ? 'an array' : `${article(className(value))} ${className(value)}`
  }
}

/** @param {object} value */
function className(value) {
  try {
    const type = value.constructor
    return typeof type === 'function' && type !== Object && type.name ? type.name : 'object'
  } catch {
    return 'object'
  }
}

/** @param {string} word */
function article(word) {
  return /^(?:[aeio]|u(?!int))/i.test(word) ? 'an' : 'a'
}
