// Answers what changes something: after checks that it is meant, and with a record of it.

import { demand } from './access.js'
import { report } from './audit.js'
import { readBody } from './body.js'
import { within } from './calls.js'
import { jobBefore, stateAfter, stateBefore } from './change-state.js'
import { refuseForged } from './csrf.js'
import { limited, toError } from './errors.js'
import { UNCACHED } from './headers.js'
import { protect, refuseProbing } from './payload.js'

/** @import { Answer } from '../http/routes.js' */
/** @import { CheckedOptions } from './options.js' */
/** @import { Route } from './remote.js' */
/** @import { Call, Given } from './respond.js' */

/**
 * @param {Call} call
 * @param {Given} given
 * @param {CheckedOptions} options
 * @returns {Promise<Answer>}
 */
export async function changeAnswer(call, given, options) {
  const { context } = call
  const { caller, remote, route } = given
  const address = context.address ?? context.req?.socket?.remoteAddress ?? null
  const about = { user: caller.user, operation: route.name, permission: route.permission, address }
  /** @type {{ input: Record<string, unknown>, isBegun: boolean, before: unknown }} */
  const progress = { input: { ...given.path }, isBegun: false, before: null }
  try {
    const { value, after } = await changed(call, given, options, progress)
    const status = statusOf(route, value)
    const before = progress.before ?? jobBefore(value)
    await report(remote, options, { ...about, options: progress.input, status, result: 'ok', value, before, after })
    if (route.operation.answer.payload) protect(value, caller.access, options.redaction)
    return status === 204 ? { status, body: '', headers: UNCACHED } : { status, body: remote.stringify(value), headers: UNCACHED }
  } catch (error) {
    const { status, code } = toError(error)
    const result = progress.isBegun ? 'failed' : 'refused'
    await report(remote, options, { ...about, options: progress.input, status, code, result, before: progress.before })
    throw error
  }
}

/**
 * @param {Call} call
 * @param {Given} given
 * @param {CheckedOptions} options
 * @param {{ input: Record<string, unknown>, isBegun: boolean, before: unknown }} progress
 * @returns {Promise<{ value: any, after: unknown }>}
 */
async function changed({ request, url }, { caller, remote, route, path }, options, progress) {
  const { access } = caller
  const { limits, redaction } = options
  demand(access, route.permission)
  refuseForged(request, options.origins)
  const body = await readBody(request, limits.body, remote.parse)
  const input = remote.read(route, { path, query: url.searchParams, body })
  progress.input = input
  const { which } = input
  const { acts } = route.operation.remote ?? {}
  if (acts !== undefined) {
    demand(access, `${acts}:${input.action}`)
    refuseProbing(input, access, redaction)
  }
  if (typeof which === 'object' && which !== null) {
    demand(access, 'jobs:bulk')
    refuseProbing(/** @type {Record<string, unknown>} */ (which), access, redaction)
  }
  progress.isBegun = true
  const [how, did] = [{ reads: false, limit: limits.bulk, wait: limits.wait, may: access.may }, remote.newReport()]
  if (options.records) progress.before = await stateBefore(remote, route.name, input, how)
  const act = () => remote.perform(route, input, how, did)
  // It goes on when the client has gone.
  const value = await within(act, new AbortController().signal, limits.timeout).catch((error) => {
    throw limited(error, did, how)
  })
  return { value, after: options.records ? await stateAfter(remote, route.name, input, value, how) : null }
}

/** @param {Route} route @param {any} value */
function statusOf({ operation }, value) {
  if (operation.answer.type === 'void') return 204
  // A duplicate is not an error; nothing was made.
  return value?.conflict === true ? 200 : (operation.remote?.status ?? 200)
}
