// eramjs resume: ends the pause of a queue.

import { describe } from '../operation.js'
import { changeQueue } from '../queue-setting.js'

/** @import { Terminal } from '../terminal.js' */

export const { summary, about, operand, options } = describe('resume')

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export const run = (values, io) => changeQueue('resume', values, io, 'resumed')
