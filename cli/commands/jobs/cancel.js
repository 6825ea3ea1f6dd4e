// eramjs jobs cancel: cancels jobs that have not ended.

import { about, changeJobs, options as shared } from '../../jobs/change.js'
import { describe } from '../../operation.js'

/** @import { Option } from '../../main.js' */
/** @import { Terminal } from '../../terminal.js' */

export const { summary } = describe('jobs.cancel')

export const optional = 'id'

export { about }
export const options = {
  ...shared,
  reason: /** @type {Option} */ ({ type: 'string', value: 'text', help: 'the reason, for the errors of the jobs' }),
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export const run = (values, io) => changeJobs('cancel', values, io, (engine, which) => engine.jobs.cancel(which, { reason: values.reason }))
