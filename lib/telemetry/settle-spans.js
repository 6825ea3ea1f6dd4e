// Spans of batches of outcomes, which the engine writes for many attempts at once, from the event that reports each.

import { KIND, safely } from './api.js'

/** @import { Api } from './api.js' */

/**
 * @param {Api} api
 * @param {any} tracer
 * @param {() => string | undefined} node
 */
export function settleSpans({ ROOT_CONTEXT }, tracer, node) {
  /** @param {any} event  ack:flush */
  return ({ jobs, elapsed_ms }) => {
    const end = Date.now()
    const attributes = {
      'messaging.system': 'eram',
      'messaging.operation.name': 'settle',
      'messaging.operation.type': 'settle',
      'messaging.batch.message_count': jobs,
      'messaging.client.id': node(),
    }
    const how = { kind: KIND.CLIENT, attributes, startTime: end - elapsed_ms }
    safely(() => tracer.startSpan('settle', how, ROOT_CONTEXT).end(end))
  }
}
