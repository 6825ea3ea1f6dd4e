// Writes events that an operator should see to the logger of an engine.

/** @import { Listeners } from '../events/listeners.js' */
/** @import { Logger } from './options.js' */

/**
 * The logger of an engine that was started without one: what jobs and plugins log from `info` on, and the engine's own warnings and
 * errors. @type {Logger}
 */
const CONSOLE = {
  info: (message, event) => {
    if (isOfApplication(event)) console.info(line(message, event))
  },
  warn: (message, event) => console.warn(line(message, event)),
  error: (message, event) => console.error(line(message, event)),
}

/** @param {any} event */
function isOfApplication({ event, plugin }) {
  return event === 'job:log' || plugin !== undefined
}

/** @param {string} message @param {any} event */
function line(message, { event, job }) {
  return event === 'job:log' ? `eramjs: ${job.worker} ${job.id}: ${message}` : `eramjs: ${message}`
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
  listeners.on('events:dropped', (event) => logger.warn?.(`events were dropped: ${JSON.stringify(event.dropped)}`, event))
  listeners.on('engine:log', (event) => logger[/** @type {'info'} */ (event.level)]?.(event.message, event))
}
