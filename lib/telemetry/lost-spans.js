// Spans of attempts that took theirs with them: their thread or process is gone, or the job had to be given up.

import { fail, KIND, safely } from './api.js'
import { describe, placeOf } from './attempt-spans.js'

/** @import { Api } from './api.js' */
/** @import { OtelOptions } from './options.js' */

/**
 * @param {Api} api
 * @param {any} tracer
 * @param {OtelOptions} options
 * @param {() => string | undefined} node
 */
export function lostSpans(api, tracer, options, node) {
  /** @param {any} event  job:exception */
  return ({ job, error, state, run_ms }) => {
    if (error?.kind !== 'crash' && error?.code !== 'GIVEN_UP') return
    const { parent, links } = placeOf(api, job, { traceparent: job.traceparent }, options)
    const { name, attributes } = describe(job, options, node())
    const end = Date.now()
    const startTime = end - (run_ms ?? 0)
    const outcome = { 'messaging.eram.outcome': state, 'messaging.eram.substitute': true }
    const how = { kind: KIND.CONSUMER, attributes: { ...attributes, ...outcome }, links, startTime }
    const span = safely(() => tracer.startSpan(name, how, parent))
    if (!span) return
    fail(span, Object.assign(new Error(error.message), { name: error.name }), error.kind === 'timeout' ? 'timeout' : undefined)
    safely(() => span.end(end))
  }
}
