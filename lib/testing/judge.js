// What an outcome means for a job, as the engine decides it.

import { native, registry } from '../addon/index.js'
import { translate } from '../shared/errors.js'

/** @import { Job } from './expected.js' */

/**
 * @param {Job} job  claimed
 * @param {string} detail  JSON text of the outcome
 * @returns {{ state: string, delay: number | null, event: 'success' | 'failure' | 'discard' | 'cancelled' | 'snoozed' | 'released', ack: string }}
 *   `ack`: the text for `eram_ack_job`
 */
export function judge(job, detail) {
  return JSON.parse(translate(() => native().judge(registry(), JSON.stringify(job), detail)))
}
