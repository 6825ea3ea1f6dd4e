// Rows of eram_jobs, with times as JSON texts (from SQL) or milliseconds (from the engine), turned into what users see: Dates.

import { EramError } from './errors.js'

/** @typedef {Record<string, unknown>} Json */
/** @typedef {{ id: number | null, state: string | null, conflict: boolean, existing?: Json | null, [column: string]: unknown }} Row */

const TIMES = ['inserted_at', 'scheduled_at', 'attempted_at', 'completed_at', 'cancelled_at', 'discarded_at', 'cancel_requested_at']

/**
 * @template {Json} T
 * @param {T} row
 * @returns {T}
 */
export function withDates(row) {
  const job = /** @type {Json} */ (row)
  for (const key of TIMES) {
    const value = job[key]
    if (typeof value === 'string' || typeof value === 'number') job[key] = new Date(value)
  }
  return row
}

/**
 * The job that now stands for a draft: the new row, or on a conflict the one that was there before.
 * @param {Row} row
 * @param {{ worker: string, args: unknown }} draft
 */
export function toJob({ existing, ...row }, { worker, args }) {
  return withDates({ worker, args: args ?? {}, ...existing, ...row })
}

/**
 * @param {Row[]} rows as many as drafts, in their order
 * @param {{ worker: string, args: unknown }[]} drafts
 */
export function toJobs(rows, drafts) {
  return drafts.map((draft, i) => {
    const row = rows[i]
    if (row) return toJob(row, draft)
    throw new EramError('ERAM_INTERNAL', `enqueue: expected ${drafts.length} rows, got ${rows.length}`)
  })
}
