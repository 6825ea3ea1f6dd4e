// The states of a job, and the times that go with the final ones.
import assert from 'node:assert/strict'

/** @typedef {import('../../index.js').JobState} State */

export const STATES = /** @type {State[]} */ ([
  'suspended',
  'scheduled',
  'available',
  'executing',
  'retryable',
  'completed',
  'discarded',
  'cancelled',
])
/** The column that has the time of each final state. */
const FINAL = { completed: 'completed_at', discarded: 'discarded_at', cancelled: 'cancelled_at' }

/** A job has the time of the final state that it is in, and of no other. @param {any} row */
export function assertTimes(row) {
  for (const [state, column] of Object.entries(FINAL)) {
    assert.equal(row[column] !== null, row.state === state, `${row.state} with ${column} ${row[column]}`)
  }
}
