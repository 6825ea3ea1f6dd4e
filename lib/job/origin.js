// Where a class was registered, as far as a stack trace shows it.

import { placeOf } from '../shared/caller.js'

/**
 * Where a class was registered.
 * @typedef {object} Origin
 * @property {string} file  that of the class; '' if unknown
 * @property {string} position  line and column of the call in the file; '' if another file made it
 * @property {string} instance  the path or URL of the call as the stack trace shows it, with its query
 * @property {number} at  milliseconds since 1970
 */

/**
 * @param {string | undefined} frame  such as "    at <static_initializer> (file:///app/jobs.js?t=1:3:5)"
 * @param {string | null} filename  that of the registration
 * @returns {Origin}
 */
export function originOf(frame, filename) {
  const { file: caller, position, instance } = placeOf(frame)
  const file = filename ?? caller
  return { file, position: file === caller ? position : '', instance, at: Date.now() }
}

/** @param {Origin} origin */
export function locationOf({ file, position }) {
  if (file === '') return '(unknown file)'
  return position ? `${file}:${position}` : file
}
