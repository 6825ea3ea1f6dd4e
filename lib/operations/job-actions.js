// What may be done with a job, by its state: as the statements of jobs.cancel, retry, delete and update choose their jobs.

/** @import { JobAction, JobState } from '../../index.js' */

/** @type {Record<JobState, JobAction[]>} */
const ACTIONS = {
  suspended: ['cancel', 'retry', 'delete', 'update'],
  scheduled: ['cancel', 'retry', 'delete', 'update'],
  available: ['cancel', 'delete', 'update'],
  executing: ['cancel'],
  retryable: ['cancel', 'retry', 'delete', 'update'],
  completed: ['retry', 'delete'],
  discarded: ['retry', 'delete'],
  cancelled: ['retry', 'delete'],
}

/** @param {JobState} state */
export function actionsOn(state) {
  return ACTIONS[state] ?? []
}
