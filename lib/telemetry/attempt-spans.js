// The span of an attempt, as middleware: linked to the context that the job carries, and its child if the job was due at once.

import { outcomeOf } from '../job/index.js'
import { fail, KIND, safely, within } from './api.js'
import { contextOf } from './carrier.js'

/** @import { Api } from './api.js' */
/** @import { Attributes, OtelOptions } from './options.js' */

/**
 * Where the span of an attempt belongs.
 * @param {Api} api
 * @param {any} job
 * @param {unknown} carrier
 * @param {OtelOptions} options
 */
export function placeOf(api, { attempt, inserted_at, scheduled_at }, carrier, options) {
  const carried = options.propagation === 'none' ? undefined : contextOf(api, carrier, options)
  if (!carried) return { parent: api.ROOT_CONTEXT, links: [] }
  const { propagation } = options
  const isChild = propagation === 'child' || (propagation === 'auto' && attempt === 1 && Number(scheduled_at) === Number(inserted_at))
  return { parent: isChild ? carried.parent : carried.root, links: [{ context: carried.link }] }
}

/**
 * @param {any} job
 * @param {OtelOptions} options
 * @param {string | undefined} node
 */
export function describe(job, { span_names }, node) {
  const { id, queue, worker, attempt, max_attempts, priority, meta, scheduled_at, attempted_at } = job
  const attributes = {
    'messaging.system': 'eram',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': queue,
    'messaging.client.id': node,
    'messaging.message.id': String(id),
    'messaging.message.retry.count': attempt - 1,
    'messaging.message.receive.latency': Math.max(Number(attempted_at) - Number(scheduled_at), 0),
    'messaging.eram.worker': worker,
    'messaging.eram.attempt': attempt,
    'messaging.eram.max_attempts': max_attempts,
    'messaging.eram.priority': priority,
    'messaging.eram.cron': meta?.cron_name,
  }
  return { name: `process ${span_names === 'worker' ? worker : queue}`, attributes }
}

/**
 * @param {Api} api
 * @param {any} tracer
 * @param {OtelOptions} options
 * @param {{ node: () => string | undefined, attributes: Attributes | undefined }} own
 */
export function attemptSpans(api, tracer, options, own) {
  const { trace } = api
  /** @param {any} ctx @param {() => Promise<any>} next */
  return async (ctx, next) => {
    const { job } = ctx
    const { parent, links } = placeOf(api, job, job.meta.trace, options)
    if (!options.spans.includes('process')) return within(api, parent, next)
    const { name, attributes } = describe(job, options, own.node())
    const more = safely(() => own.attributes?.(job))
    const how = { kind: KIND.CONSUMER, attributes: { ...attributes, ...more }, links }
    const span = safely(() => tracer.startSpan(name, how, parent))
    const inside = span && safely(() => trace.setSpan(parent, span))
    const { state, error } = await within(api, inside, next)
    if (!span) return
    safely(() => span.setAttribute('messaging.eram.outcome', state))
    const isFailure = state === 'failure' || (state === 'discard' && outcomeOf(error) !== 'discarded')
    if (isFailure) fail(span, error, ctx.signal.reason?.code === 'timeout' ? 'timeout' : undefined)
    safely(() => span.end())
  }
}
