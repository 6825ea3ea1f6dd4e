// eramjs pause: stops fetching jobs of a queue.

import { changeQueue, QUEUE_OPTIONS } from '../queue-command.js'

/** @import { Terminal } from '../terminal.js' */

export const summary = 'Stops nodes from fetching jobs of a queue; running jobs go on'
export const about = "Persists across restarts. '*' stands for all known queues."

export const operand = 'queue'
export const options = QUEUE_OPTIONS

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export const run = (values, io) => changeQueue(values, io, 'paused', (engine, target) => engine.pause(target))
