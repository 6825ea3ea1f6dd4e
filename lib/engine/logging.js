// Writes events that an operator should see to the logger of an engine.

/** @import { Listeners } from '../events/listeners.js' */
/** @import { Logger } from './options.js' */

/** The logger of an engine that was started without one: warnings and errors go to the console. @type {Logger} */
const CONSOLE = {
  warn: (message) => console.warn(`eramjs: ${message}`),
  error: (message) => console.error(`eramjs: ${message}`),
}

/**
 * @param {Listeners} listeners
 * @param {Logger | false} [logger]  false: no log
 */
export function logEvents(listeners, logger = CONSOLE) {
  if (logger === false) return
  listeners.on('job:log', (event) => logger[/** @type {'info'} */ (event.level)]?.(event.message, event))
  listeners.on('job:warning', (event) => logger.warn?.(`${event.job.worker} ${event.job.id}: ${event.what}: ${event.message}`, event))
  listeners.on('thread:exit', (event) => event.expected || logger.warn?.(event.message, event))
  listeners.on('engine:log', (event) => logger[/** @type {'info'} */ (event.level)]?.(event.message, event))
}
