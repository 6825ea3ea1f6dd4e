// The ways in which methods are called, and how their arguments become options.

/** @import { Call, Options } from './operation.js' */

/** @type {Call} */
export const NOTHING = { parameters: [], read: () => ({}) }

/** @type {Call} */
export const OPTIONS = { parameters: ['options'], read: (options = {}) => options }

// A queue is given by name, or in an object of options.
/** @type {Call} */
export const QUEUE = { parameters: ['queue'], read: (queue) => queueOptions(queue) }

/** @type {Call} */
export const QUEUE_AND_OPTIONS = { parameters: ['queue', 'options'], read: (queue, options) => ({ ...queueOptions(queue), ...options }) }

/**
 * One argument.
 * @param {string} name
 * @returns {Call}
 */
export function one(name) {
  return { parameters: [name], read: (value) => ({ [name]: value }) }
}

/**
 * Two arguments.
 * @param {string} first
 * @param {string} second
 * @returns {Call}
 */
export function two(first, second) {
  return { parameters: [first, second], read: (value, other) => ({ [first]: value, [second]: other }) }
}

/**
 * One argument, and an object of options.
 * @param {string} name
 * @returns {Call}
 */
export function oneAndOptions(name) {
  return { parameters: [name, 'options'], read: (value, { ...options } = {}) => ({ ...options, [name]: value }) }
}

/** @param {string | Options} queue @returns {Options} */
function queueOptions(queue) {
  return typeof queue === 'object' ? { ...queue } : { queue }
}
