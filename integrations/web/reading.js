// Answers what only reads: equal reads share one, and what has not changed is not sent again.

import { demand } from './access.js'
import { etagOf, isKnown, within } from './calls.js'
import { ApiError, limited } from './errors.js'
import { REVALIDATED } from './headers.js'
import { protect, refuseProbing } from './payload.js'

/** @import { Answer } from '../http/routes.js' */
/** @import { Read, Reads } from './calls.js' */
/** @import { CheckedOptions } from './options.js' */
/** @import { Call, Given } from './respond.js' */

/**
 * @param {Call} call
 * @param {Given} given
 * @param {CheckedOptions} options
 * @param {Reads} reads
 */
export async function readAnswer({ request, url }, { caller, remote, route, path }, options, reads) {
  const { access } = caller
  const { limits, redaction } = options
  demand(access, route.permission)
  const input = remote.read(route, { path, query: url.searchParams, body: undefined })
  refuseProbing(input, access, redaction)
  const waits = 'signal' in route.operation.options
  const limit = route.operation.remote?.counts ? limits.count : limits.list
  /** @param {AbortSignal} gone @returns {Promise<Read>} */
  const read = async (gone) => {
    const act = async (/** @type {AbortSignal} */ signal) => {
      const [how, report] = [{ reads: true, limit, wait: limits.wait, signal, may: access.may }, remote.newReport()]
      try {
        return await remote.perform(route, waits ? { ...input, signal } : input, how, report)
      } catch (error) {
        throw limited(error, report, how)
      }
    }
    const value = await within(act, gone, limits.timeout)
    if (route.operation.answer.payload) protect(value, access, redaction)
    const text = remote.stringify(value)
    return { text, etag: etagOf(text), isNull: value === null }
  }
  const key = `${access.granted.join()} ${url.pathname}${url.search}`
  const { text, etag, isNull } = await (waits ? read(request.signal) : reads.get(key, request.signal, read))
  if (isNull && route.path.includes('{')) throw new ApiError('NOT_FOUND', `${route.name}: expected one that exists, got none`)
  return fresh(request, text, etag)
}

/** @param {Request} request @param {string} text @param {string} [etag] @returns {Answer} */
export function fresh({ headers }, text, etag = etagOf(text)) {
  if (isKnown(headers.get('if-none-match'), etag)) return { status: 304, body: '', headers: { ...REVALIDATED, etag } }
  return { status: 200, body: text, headers: { ...REVALIDATED, etag } }
}
