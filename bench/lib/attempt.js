// One measurement of one row, come what may of a peer: its failure is told, and the others are measured all the same.

import { isInterrupted } from './party.js'
import { isPeerRow } from './rows.js'

/** @import { Given } from '../workloads/index.js' */

/**
 * @param {Pick<Given, 'record' | 'absent'>} report
 * @returns {Given['attempt']}
 */
export function attempts({ record, absent }) {
  /** Those that have failed are not tried again. @type {Set<string>} */
  const failed = new Set()
  return async (row, run, measure) => {
    const id = `${row.in ?? ''}\n${row.name}`
    if (failed.has(id)) return
    try {
      record(row, run, await measure())
    } catch (error) {
      if (isInterrupted() || !isPeerRow(row)) throw error
      failed.add(id)
      absent(row, `it failed: ${/** @type {Error} */ (error).message}`)
    }
  }
}
