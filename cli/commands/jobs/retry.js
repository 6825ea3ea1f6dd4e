// eramjs jobs retry: makes jobs available again.

import { about, changeJobs, options } from '../../jobs/change.js'
import { describe } from '../../operation.js'

/** @import { Terminal } from '../../terminal.js' */

export const { summary } = describe('jobs.retry')

export const optional = 'id'

export { about, options }

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export const run = (values, io) => changeJobs('retry', values, io, (engine, which) => engine.jobs.retry(which))
