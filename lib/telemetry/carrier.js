// The context of a trace as a draft carries it, in `meta.trace` of the job.

import { bytesOf } from '../shared/draft.js'
import { safely } from './api.js'

/** @import { Api } from './api.js' */

/** As JSON; a draft refuses more. */
const MAX_BYTES = 4096

let warned = false

/**
 * What the application's propagator writes of a context; undefined for nothing.
 * @param {Api} api
 * @param {any} context
 * @param {{ baggage: boolean }} options
 * @returns {Record<string, string> | undefined}
 */
export function carrierOf({ propagation }, context, { baggage }) {
  /** @type {Record<string, string>} */
  const carrier = {}
  safely(() => propagation.inject(context, carrier))
  if (!baggage) delete carrier.baggage
  if (isTooLong(carrier)) {
    warn('baggage')
    delete carrier.baggage
  }
  if (isTooLong(carrier)) return undefined
  return Object.keys(carrier).length > 0 ? carrier : undefined
}

/**
 * The context that a job carries, and what to link to; undefined if it carries none.
 * @param {Api} api
 * @param {unknown} carrier
 * @param {{ baggage: boolean }} options
 */
export function contextOf({ propagation, trace, isSpanContextValid, ROOT_CONTEXT }, carrier, { baggage }) {
  if (typeof carrier !== 'object' || carrier === null) return undefined
  return safely(() => {
    const parent = propagation.extract(ROOT_CONTEXT, baggage ? carrier : { ...carrier, baggage: undefined })
    const link = trace.getSpanContext(parent)
    if (!link || !isSpanContextValid(link)) return undefined
    const carried = propagation.getBaggage(parent)
    return { parent, link, root: carried ? propagation.setBaggage(ROOT_CONTEXT, carried) : ROOT_CONTEXT }
  })
}

/** @param {Record<string, string>} carrier */
function isTooLong(carrier) {
  return bytesOf(JSON.stringify(carrier)) > MAX_BYTES
}

/** @param {string} what */
function warn(what) {
  if (warned) return
  warned = true
  process.emitWarning(`otel: expected at most ${MAX_BYTES} bytes of trace context for a job, got more; its ${what} is left out`)
}
