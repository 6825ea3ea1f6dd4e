// The logger that jobs and plugins get: it takes the arguments of console.log.

/** @typedef {'debug' | 'info' | 'warn' | 'error'} LogLevel */
/** @typedef {Record<LogLevel | 'log', (...args: unknown[]) => void>} Log */

/** @type {Record<LogLevel | 'log', LogLevel>} */
const METHODS = { debug: 'debug', info: 'info', log: 'info', warn: 'warn', error: 'error' }

/**
 * @param {(level: LogLevel, args: unknown[]) => void} write
 * @returns {Log}
 */
export function createLog(write) {
  const methods = Object.entries(METHODS).map(([name, level]) => [name, (/** @type {unknown[]} */ ...args) => write(level, args)])
  return Object.fromEntries(methods)
}
