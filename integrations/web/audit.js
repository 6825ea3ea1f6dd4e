// What was changed, by whom: for the table eram_audit, for the log of the engine, and for the application.

import { cleaned, labelOf, shownOptions, targetOf } from './audit-entry.js'

/** @import { AuditEntry } from './index.js' */
/** @import { CheckedOptions } from './options.js' */
/** @import { RemoteEngine, WebLimits } from './remote.js' */

/** Characters of the options in a line. */
const LONGEST = 300
/** Milliseconds that an answer waits for the row. */
const ROW_TIMEOUT = 2000

/**
 * @typedef {object} Change
 * @property {unknown} user
 * @property {string} operation
 * @property {string} permission
 * @property {Record<string, unknown>} options
 * @property {string | null} address
 * @property {number} status
 * @property {string} [code]
 * @property {AuditEntry['result']} result
 * @property {unknown} [value]  the answer
 * @property {unknown} [before]
 * @property {unknown} [after]
 */

/**
 * Settles when the row is written, or was not in time. Never fails: what it reports has been done, or refused.
 * @param {RemoteEngine} remote
 * @param {CheckedOptions} options
 * @param {Change} change
 */
export async function report(remote, { audit, records, limits }, { options, value, before = null, after = null, ...change }) {
  const shown = shownOptions(options)
  const target = targetOf(change.operation, options, value)
  log(remote, change, shown)
  const { user, operation, permission, status, code, result, address } = change
  try {
    audit?.({ at: new Date().toISOString(), user, operation, permission, target, options: shown, result, status, code, address })
  } catch (error) {
    remote.log(`web: audit threw ${JSON.stringify(String(error).slice(0, LONGEST))}`)
  }
  if (!records) return
  const row = { operation, permission, target, options: shown, before, after, result, status, code: code ?? null, address }
  await record(remote, cleaned({ ...row, user_label: labelText(user) }), { reads: false, limit: limits.bulk, wait: limits.wait })
}

/** @param {RemoteEngine} remote @param {object} row @param {WebLimits} limits */
async function record(remote, row, limits) {
  const failed = (/** @type {unknown} */ error) => {
    remote.log(`web: audit: expected a row in eram_audit, got none: ${JSON.stringify(String(error).slice(0, LONGEST))}`)
  }
  const written = remote.record(row, limits).catch(failed)
  // The change is made, or refused: its answer does not wait for a database that is away.
  let timer
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ROW_TIMEOUT)
  })
  await Promise.race([written, late])
  clearTimeout(timer)
}

/** @param {RemoteEngine} remote @param {Omit<Change, 'options'>} change @param {object} shown */
function log(remote, { user, operation, status, code }, shown) {
  const outcome = code === undefined ? status : `${status} ${code}`
  // As JSON, which has no line breaks.
  remote.log(`web: ${JSON.stringify(labelOf(user))} called ${operation} ${JSON.stringify(shown).slice(0, LONGEST)}: ${outcome}`)
}

/** @param {unknown} user */
function labelText(user) {
  const label = labelOf(user)
  return label === null ? null : String(label).slice(0, 255)
}
