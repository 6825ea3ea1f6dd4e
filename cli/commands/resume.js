// eramjs resume: the end of a pause.

import { SETTING, set } from '../queue-command.js'

/** @import { Terminal } from '../terminal.js' */

export const summary = 'Ends the pause of a queue'
export const about = "Lasts over restarts. '*' is every queue that is known."

export const operand = 'queue'
export const options = SETTING

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export const run = (values, io) => set(values, io, 'resumed', (engine, target) => engine.resume(target))
