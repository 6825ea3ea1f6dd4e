// One measurement of one row, come what may of a peer: its failure is told, and the others are measured all the same.

import { abandon, isInterrupted } from './party.js'
import { isPeerRow } from './rows.js'

/** @import { Given } from '../workloads/index.js' */

// What takes longer has come to a stop.
const LIMIT = 180_000

/**
 * @param {Pick<Given, 'record' | 'absent'>} report
 * @param {number} [limit] in milliseconds
 * @returns {Given['attempt']}
 */
export function attempts({ record, absent }, limit = LIMIT) {
  /** Those that have failed are not tried again. @type {Set<string>} */
  const failed = new Set()
  return async (row, run, measure) => {
    const id = `${row.in ?? ''}\n${row.name}`
    if (failed.has(id)) return
    let late = false
    const timer = setTimeout(() => {
      late = true
      abandon()
    }, limit)
    try {
      record(row, run, await measure())
    } catch (error) {
      const why = late ? `it did not come to an end within ${limit / 1000} s` : /** @type {Error} */ (error).message
      if (isInterrupted()) throw error
      if (!isPeerRow(row)) throw late ? new Error(`${row.name}: ${why}`, { cause: error }) : error
      failed.add(id)
      absent(row, `failed in run ${run}: ${why}`)
    } finally {
      clearTimeout(timer)
    }
  }
}
