// The tracing channels eram:enqueue and eram:perform of node:diagnostics_channel, for tracers that have no part in the program. They
// publish in the isolate where the call happens, within the stores that subscribers bind.

import diagnostics from 'node:diagnostics_channel'

const enqueues = channelOf('eram:enqueue')
const performs = channelOf('eram:perform')

export const tracesEnqueue = enqueues.isTraced
export const tracesPerform = performs.isTraced

/**
 * @template T
 * @param {{ drafts: readonly { worker: string, args: unknown, options: object }[], transaction: boolean, engine: string | undefined }} about
 * @param {() => Promise<T>} fn
 * @returns {Promise<T>}
 */
export function traceEnqueue({ drafts, transaction, engine }, fn) {
  const shown = drafts.map(({ worker, args, options }) => ({ worker, args, options }))
  return enqueues.channel.tracePromise(fn, { drafts: shown, transaction, engine: engine ?? null })
}

/**
 * @param {{ job: object, ctx: object }} about
 * @param {() => unknown} fn
 * @returns {Promise<unknown>}
 */
export function tracePerform(about, fn) {
  // A function that returns no promise would make the channel warn.
  return performs.channel.tracePromise(async () => fn(), about)
}

/** @param {string} name */
function channelOf(name) {
  const channel = /** @type {any} */ (diagnostics.tracingChannel(name))
  const parts = [channel.start, channel.end, channel.asyncStart, channel.asyncEnd, channel.error]
  // The channel itself knows since Node 20.13.
  const isTraced = 'hasSubscribers' in channel ? () => channel.hasSubscribers : () => parts.some((part) => part.hasSubscribers)
  return { channel, isTraced: /** @type {() => boolean} */ (isTraced) }
}
