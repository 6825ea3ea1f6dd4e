// Adds spans of OpenTelemetry to an engine in this isolate, as its outermost middleware.

import { state } from '../shared/global-state.js'
import { useMiddleware } from '../shared/middleware.js'
import { loadApi, safely } from './api.js'
import { attemptSpans } from './attempt-spans.js'
import { enqueueSpans } from './enqueue-spans.js'
import { lostSpans } from './lost-spans.js'
import { settleSpans } from './settle-spans.js'

/** @import { Attributes, OtelOptions } from './options.js' */

/**
 * What makes spans of events, on the main thread.
 * @typedef {object} Otel
 * @property {(event: any) => void} lost  of an attempt whose isolate is gone
 * @property {((event: any) => void) | undefined} settled  of a batch of outcomes, if that is wanted
 */

/**
 * @param {OtelOptions} options
 * @param {{ engine: string, isolate: string, attributes?: Attributes | undefined }} place
 * @returns {Promise<Otel>}
 */
export async function startOtel(options, { engine, isolate, attributes }) {
  const api = await loadApi()
  if (isUnset(api)) {
    process.emitWarning(
      `otel: expected a tracer provider in this ${isolate === 'main' ? 'thread' : `job ${isolate}`}, got none, so it makes no spans; start the ` +
        'SDK in a setup file, or with NODE_OPTIONS=--import=…',
    )
  }
  const tracer = api.trace.getTracer('eramjs', state.version)
  const node = () => state.engines.get(engine)?.node
  const enqueue = enqueueSpans(api, tracer, options, node)
  const attempt = attemptSpans(api, tracer, options, { node, attributes })
  state.activeSpan = () => {
    const context = safely(() => api.trace.getActiveSpan()?.spanContext())
    return context && api.isSpanContextValid(context) ? { trace_id: context.traceId, span_id: context.spanId } : undefined
  }
  useMiddleware({ name: 'otel', enqueue, attempt }, { subject: 'otel', place: 'otel', engine })
  const settled = options.spans.includes('settle') ? settleSpans(api, tracer, node) : undefined
  return { lost: lostSpans(api, tracer, options, node), settled }
}

/** @param {any} api */
function isUnset({ trace }) {
  const provider = safely(() => trace.getTracerProvider())
  return safely(() => provider.getDelegate())?.constructor.name === 'NoopTracerProvider'
}
