// Names DATABASE_URL in the error of an engine that nothing says where to connect: it has tried libpq's defaults.

import { EramError } from '../shared/errors.js'

/** @import { EramErrorCode } from '../../index.js' */

/** Errors that another address could avoid. @type {readonly EramErrorCode[]} */
const ABOUT_ADDRESS = ['ERAM_UNAVAILABLE', 'ERAM_DATABASE', 'ERAM_NOT_MIGRATED']

/** The connection string of a driver whose config names no address. */
const NO_ADDRESS = "host='localhost'"

/**
 * Whether neither an option nor the environment says which database to connect to.
 * @param {string | undefined} url  the address in effect, or undefined
 */
export function isUnset(url) {
  if (url !== undefined && url !== NO_ADDRESS) return false
  return !Object.entries(process.env).some(([name, value]) => value && (name === 'DATABASE_URL' || /^PG[A-Z]+$/.test(name)))
}

/**
 * @param {unknown} error
 * @param {boolean} unset
 */
export function withAddressHint(error, unset) {
  if (!unset || !(error instanceof EramError) || !ABOUT_ADDRESS.includes(error.code)) return error
  const { code, message, cause, sqlstate } = error
  const hint = 'DATABASE_URL is not set, and neither url nor driver says where to connect'
  return new EramError(code, `${message}; ${hint}`, { cause, ...(sqlstate === undefined ? undefined : { sqlstate }) })
}
