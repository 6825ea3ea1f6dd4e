// The answers to errors: { error: { code, message, … } }. The text of an error that may name the database is not sent.

import { EramError } from 'eramjs'
import { ApiError as ClientError } from '../client/index.js'

/** @import { WebLimits, WebReport } from './remote.js' */

/** What went wrong before an operation was called, or beside it: the status of each code. */
export const STATUSES = Object.freeze({
  INVALID_JSON: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  CROSS_SITE: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  TOO_LARGE: 413,
  NOT_JSON: 415,
  WRONG_HOST: 421,
  INTERNAL: 500,
  BUSY: 503,
  TIMEOUT: 504,
})

/** @typedef {keyof typeof STATUSES} ApiCode */

/** Of errors of EramJS; of others 500. @type {Record<string, number>} */
export const ERAM_STATUSES = Object.freeze({
  ERAM_CONFIG: 400,
  ERAM_JOB: 400,
  ERAM_LOAD: 400,
  ERAM_NOT_FOUND: 404,
  ERAM_UNIQUE_CONFLICT: 409,
  ERAM_CHANGED: 409,
  ERAM_ALREADY_RUNNING: 409,
  ERAM_ENVIRONMENT: 409,
  ERAM_TIMEOUT: 504,
  ERAM_NOT_RUNNING: 503,
  ERAM_UNAVAILABLE: 503,
  ERAM_NOT_MIGRATED: 503,
  ERAM_SCHEMA_TOO_NEW: 503,
})

/** The texts of errors whose own may name the database. @type {Record<string, string>} */
const PLAIN = {
  ERAM_UNAVAILABLE: 'the database cannot be reached, or did not answer in time; the change may or may not have been made',
  ERAM_NOT_MIGRATED: 'the schema is missing, or older than this version of EramJS needs: npx eramjs migrate',
  ERAM_SCHEMA_TOO_NEW: 'the schema is newer than this version of EramJS supports',
  ERAM_DATABASE: 'the server refused a statement',
}
/** SQLSTATEs of statements that were cancelled, or that the server could not take now. */
const BUSY = /^(57|53|40)/
/** A value that a type of the server cannot hold. */
const DATA = /^22/

/** An error of a request. */
export class ApiError extends Error {
  /**
   * @param {ApiCode} code
   * @param {string} message
   * @param {{ permission?: string, hint?: string, part?: string, headers?: Record<string, string> }} [more]
   */
  constructor(code, message, { headers, ...more } = {}) {
    super(message)
    this.code = code
    this.status = STATUSES[code]
    this.more = more
    this.headers = headers
  }
}

/** @type {Record<string, string>} */
const LATER = { 'retry-after': '1' }

/**
 * The error of a call, where a limit of its own is the cause.
 * @param {unknown} error
 * @param {WebReport} report
 * @param {WebLimits} limits
 */
export function limited(error, { late, busy }, { limit, wait }) {
  if (late !== null) {
    return new ApiError('TIMEOUT', `expected an answer of the database within ${limit} ms, got none: ${late} was too slow`, { part: late })
  }
  if (!busy) return error
  return new ApiError('BUSY', `expected a free connection within ${wait} ms, got none: other requests have them all`, { headers: LATER })
}

/**
 * @param {unknown} error
 * @returns {{ status: number, code: string, body: object, headers: Record<string, string> | undefined }}
 */
export function toError(error) {
  if (error instanceof ApiError) {
    const { code, message, status, more, headers } = error
    return { status, code, body: { error: { code, message, ...more } }, headers }
  }
  // Of the API that this one passes calls on to.
  if (error instanceof ClientError) {
    const { status, code, message, field, permission } = error
    const body = { error: { code, message, ...(field !== undefined && { field }), ...(permission !== undefined && { permission }) } }
    return { status, code, body, headers: undefined }
  }
  if (!(error instanceof EramError)) {
    return {
      status: 500,
      code: 'INTERNAL',
      body: { error: { code: 'INTERNAL', message: 'an error that was not expected' } },
      headers: undefined,
    }
  }
  const { code, sqlstate } = error
  const { field, state } = /** @type {{ field?: string, state?: string }} */ (/** @type {unknown} */ (error))
  const status = statusOf(code, sqlstate)
  const message = PLAIN[code] ?? (status === 500 ? 'an error that was not expected' : error.message)
  const body = {
    error: {
      code,
      message,
      ...(field !== undefined && { field }),
      ...(state !== undefined && { state }),
      ...(sqlstate !== undefined && { sqlstate }),
    },
  }
  return { status, code, body, headers: status === 503 ? LATER : undefined }
}

/** @param {string} code @param {string | undefined} sqlstate */
function statusOf(code, sqlstate) {
  if (code !== 'ERAM_DATABASE') return ERAM_STATUSES[code] ?? 500
  return DATA.test(sqlstate ?? '') ? 400 : BUSY.test(sqlstate ?? '') ? 503 : 500
}
