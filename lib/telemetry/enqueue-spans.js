// The spans of enqueues, as middleware: `send` around the call, whose context the jobs carry; or a `create` for each job of a bulk
// call, to which `send` links.

import { fail, KIND, safely, within } from './api.js'
import { carrierOf } from './carrier.js'

/** @import { Api, Span } from './api.js' */
/** @import { OtelOptions } from './options.js' */

/** @typedef {{ drafts: readonly any[], bulk: boolean, transaction: boolean }} Call */

/**
 * @param {Api} api
 * @param {any} tracer
 * @param {OtelOptions} options
 * @param {() => string | undefined} node
 */
export function enqueueSpans(api, tracer, options, node) {
  const { context, trace } = api
  const wants = (/** @type {any} */ span) => options.spans.includes(span)

  /**
   * @param {string} operation
   * @param {readonly any[]} drafts
   * @param {Record<string, unknown>} attributes
   * @param {object} how
   * @returns {Span | undefined}
   */
  const begin = (operation, drafts, attributes, how) => {
    const queue = shared(drafts, 'queue')
    const worker = shared(drafts, 'worker')
    const destination = options.span_names === 'worker' ? worker : queue
    const common = {
      'messaging.system': 'eram',
      'messaging.operation.name': operation,
      'messaging.operation.type': operation,
      'messaging.destination.name': queue,
      'messaging.client.id': node(),
      'messaging.eram.worker': worker,
    }
    const name = destination === undefined ? operation : `${operation} ${destination}`
    return safely(() => tracer.startSpan(name, { attributes: { ...common, ...attributes }, ...how }))
  }

  /** @param {readonly any[]} drafts @param {any} of */
  const carry = (drafts, of) => {
    const carrier = options.propagation === 'none' || of === undefined ? undefined : carrierOf(api, of, options)
    if (!carrier) return
    for (const draft of drafts) if (draft.options.meta?.trace === undefined) draft.trace(carrier)
  }

  /** @param {Call} call @param {() => Promise<any[]>} next */
  return async ({ drafts, bulk, transaction }, next) => {
    if (drafts.length === 0) return next()
    const active = context.active()
    const links = bulk && wants('create') ? drafts.map((draft) => create(draft)) : []
    const about = { 'messaging.eram.transaction': transaction, ...(bulk && { 'messaging.batch.message_count': drafts.length }) }
    const kind = links.length > 0 ? KIND.CLIENT : KIND.PRODUCER
    const sent = links.flatMap((context) => (context ? [{ context }] : []))
    const span = wants('send') ? begin('send', drafts, about, { kind, links: sent }) : undefined
    const own = span && safely(() => trace.setSpan(active, span))
    if (links.length === 0) carry(drafts, own ?? active)
    try {
      const jobs = await within(api, own, next)
      if (span) safely(() => span.setAttributes(ofJobs(jobs, bulk)))
      return jobs
    } catch (error) {
      if (span) fail(span, error)
      throw error
    } finally {
      safely(() => span?.end())
    }
  }

  /** The span of one job of a bulk call. @param {any} draft */
  function create(draft) {
    const span = begin('create', [draft], {}, { kind: KIND.PRODUCER })
    if (!span) return undefined
    carry(
      [draft],
      safely(() => trace.setSpan(context.active(), span)),
    )
    safely(() => span.end())
    return safely(() => span.spanContext())
  }
}

/** The value that all drafts share. @param {readonly any[]} drafts @param {'queue' | 'worker'} key @returns {string | undefined} */
function shared(drafts, key) {
  const first = drafts[0]?.[key]
  return drafts.every((draft) => draft[key] === first) ? first : undefined
}

/** @param {any[]} jobs @param {boolean} bulk */
function ofJobs(jobs, bulk) {
  const conflicts = jobs.filter(({ conflict }) => conflict).length
  if (bulk) return conflicts > 0 ? { 'messaging.eram.conflict': conflicts } : {}
  const [{ id = null, conflict = false } = {}] = jobs
  return { ...(id !== null && { 'messaging.message.id': String(id) }), 'messaging.eram.conflict': conflict }
}
