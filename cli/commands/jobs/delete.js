// eramjs jobs delete: deletes jobs that are not running.

import { about, changeJobs, options } from '../../jobs/change.js'
import { describe } from '../../operation.js'

/** @import { Terminal } from '../../terminal.js' */

export const { summary } = describe('jobs.delete')

export const optional = 'id'

export { about, options }

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export const run = (values, io) => changeJobs('delete', values, io, (engine, which) => engine.jobs.delete(which))
