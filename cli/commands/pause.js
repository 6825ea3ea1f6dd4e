// eramjs pause: no more jobs of a queue are fetched.

import { SETTING, set } from '../queue-command.js'

/** @import { Terminal } from '../terminal.js' */

export const summary = 'Stops nodes from fetching jobs of a queue; what runs goes on'
export const about = "Lasts over restarts. '*' is every queue that is known."

export const operand = 'queue'
export const options = SETTING

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export const run = (values, io) => set(values, io, 'paused', (engine, target) => engine.pause(target))
