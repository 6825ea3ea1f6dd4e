// The job that a draft would become if it were inserted.

/** @import { Job } from '../expected.js' */

let last = 0

/**
 * The row of a draft, with Dates and an id of its own.
 * @param {string} text  of the draft
 * @returns {Job}
 */
export function draftJob(text) {
  const {
    worker,
    args,
    queue = 'default',
    priority = 0,
    max_attempts = 20,
    meta = {},
    context = {},
    tags = [],
    timeout = null,
    ...rest
  } = JSON.parse(text)
  const { backoff = null, version_rule = null, version = null, state, schedule_in, scheduled_at } = rest
  const inserted_at = new Date()
  const due =
    scheduled_at !== undefined
      ? new Date(scheduled_at)
      : schedule_in === undefined
        ? inserted_at
        : new Date(inserted_at.getTime() + schedule_in * 1000)
  return {
    id: ++last,
    state: state ?? (schedule_in === undefined && scheduled_at === undefined ? 'available' : 'scheduled'),
    ...{
      queue,
      worker,
      args,
      meta: { ...context, ...meta },
      tags,
      errors: [],
      result: null,
      priority,
      attempt: 0,
      max_attempts,
      crashes: 0,
      timeout,
    },
    ...{ backoff, version, version_rule, attempted_version: null, attempted_by: null, inserted_at, scheduled_at: due },
    ...{ attempted_at: null, completed_at: null, cancelled_at: null, discarded_at: null, cancel_requested_at: null, progress: null },
  }
}
