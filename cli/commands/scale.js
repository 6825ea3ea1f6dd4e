// eramjs scale: sets how many jobs of a queue a node runs at once.

import { describe } from '../operation.js'
import { changeQueue } from '../queue-setting.js'

/** @import { Terminal } from '../terminal.js' */

export const { summary, about, operand, options } = describe('scale')

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export const run = (values, io) => changeQueue('scale', values, io, `limit ${values.limit}`)
