// Rows as users see them, with Dates: of eram_jobs, and of what else has times as ISO texts (from SQL) or milliseconds
// (from the engine).

import { dateOf } from './dates.js'
import { EramError } from './errors.js'

/** @typedef {Record<string, unknown>} Json */
/** @typedef {{ id: number | null, state: string | null, conflict: boolean, existing?: Json | null, [column: string]: unknown }} Row */

export const JOB_TIMES = [
  'inserted_at',
  'scheduled_at',
  'attempted_at',
  'completed_at',
  'cancelled_at',
  'discarded_at',
  'cancel_requested_at',
]

/** The time of a job's progress, as a path in its row. */
export const PROGRESS_TIME = 'progress.reported_at'

/**
 * Turns these members of a row into Dates, in place.
 * @template T
 * @param {T} row
 * @param {string[]} keys
 * @returns {T}
 */
export function withDates(row, keys) {
  const members = /** @type {Json | null} */ (row)
  for (const key of keys) {
    const value = members?.[key]
    if (members && (typeof value === 'string' || typeof value === 'number')) members[key] = dateOf(value)
  }
  return row
}

/**
 * Turns the times of a job into Dates, in place.
 * @template {Json} T
 * @param {T} row
 * @returns {T}
 */
export function jobWithDates(row) {
  return withDates(row, JOB_TIMES)
}

/**
 * The job that a draft became: the new row, or on a conflict the row that existed before.
 * @param {Row} row
 * @param {{ worker: string, args: unknown }} draft
 */
export function toJob({ existing, ...row }, { worker, args }) {
  return jobWithDates({ worker, args: args ?? {}, ...existing, ...row })
}

/**
 * @param {Row[]} rows  one per draft, in the same order
 * @param {{ worker: string, args: unknown }[]} drafts
 */
export function toJobs(rows, drafts) {
  return drafts.map((draft, i) => {
    const row = rows[i]
    if (row) return toJob(row, draft)
    throw new EramError('ERAM_INTERNAL', `enqueue: expected ${drafts.length} rows, got ${rows.length}`)
  })
}
