// eramjs pause: stops fetching jobs of a queue.

import { describe } from '../operation.js'
import { changeQueue } from '../queue-setting.js'

/** @import { Terminal } from '../terminal.js' */

export const { summary, about, operand, options } = describe('pause')

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export const run = (values, io) => changeQueue('pause', values, io, 'paused')
