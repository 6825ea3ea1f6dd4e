// Reads when a job is due and whether its enqueue notifies, the options that only a single job has.

import { durationOf, inSeconds, MAX_DURATION } from './duration.js'
import { instantOf } from './instant.js'
import { flagOf, member, refused, unexpected, wordOf } from './read.js'

/** @import { At } from './read.js' */

/**
 * @param {At} at
 * @returns {Record<string, unknown>} the members of the draft
 */
export function dueOf(at) {
  /** @type {Record<string, unknown>} */
  const due = {}
  const schedule_in = member(at, 'schedule_in', (it) => inSeconds(durationOf(it, 'seconds', 0, MAX_DURATION)))
  const scheduled_at = member(at, 'scheduled_at', timeOf)
  if (schedule_in !== undefined && scheduled_at !== undefined) {
    throw refused(at, 'expected one of schedule_in and scheduled_at, got both')
  }
  if (schedule_in !== undefined) due.schedule_in = schedule_in
  if (scheduled_at !== undefined) due.scheduled_at = scheduled_at
  if (member(at, 'state', (it) => wordOf(it, ['suspended']))) due.state = 'suspended'
  if (member(at, 'notify', flagOf) === false) due.notify = false
  return due
}

/** @param {At} at */
function timeOf(at) {
  const time = instantOf(at.value)
  if (time !== undefined) return time
  throw unexpected(at, 'a Date or an RFC 3339 time such as "2030-01-31T09:00:00Z"')
}
