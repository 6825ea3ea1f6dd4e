// Calls the addon for eramjs/web: on connections of its own, within limits.

/** @import { EngineHost } from '../operation.js' */

/**
 * How a call may use the database.
 * @typedef {object} WebLimits
 * @property {boolean} reads  it changes nothing
 * @property {number} limit  milliseconds for each statement; 0 for none
 * @property {number} wait  milliseconds for a connection, while others have them all
 * @property {AbortSignal} [signal]  the caller has gone
 * @property {(permission: string) => boolean} [may]  what the caller may do
 */

/**
 * What a call has done, as far as it has come.
 * @typedef {object} WebReport
 * @property {number} statements
 * @property {number} ms  that these took
 * @property {string | null} late  the statement that took longer than it may
 * @property {boolean} busy  no connection was free in time
 */

/** @returns {WebReport} */
export const newReport = () => ({ statements: 0, ms: 0, late: null, busy: false })

/**
 * An engine whose functions work as a call does. Where the addon is in another process, they work as always.
 * @param {EngineHost} host
 * @param {WebLimits} limits
 * @param {WebReport} [report]  which is added to
 * @returns {EngineHost}
 */
export function onWeb(host, { reads, limit, wait, signal }, report = newReport()) {
  const { webCalls } = host
  if (!webCalls) return host
  /** @param {EngineHost['call']} act @returns {EngineHost['call']} */
  const within =
    (act) =>
    async (method, ...args) => {
      signal?.throwIfAborted()
      const id = webCalls.begin(reads, limit, wait)
      const leave = () => webCalls.leave(id)
      signal?.addEventListener('abort', leave, { once: true })
      try {
        // In the same turn.
        return await act(method, ...args)
      } finally {
        signal?.removeEventListener('abort', leave)
        add(report, JSON.parse(webCalls.end(id)))
      }
    }
  return { ...host, call: within(host.call), answer: within(host.answer) }
}

/** @param {WebReport} sum @param {WebReport} report */
function add(sum, { statements, ms, late, busy }) {
  sum.statements += statements
  sum.ms += ms
  sum.late ??= late
  sum.busy ||= busy
}
