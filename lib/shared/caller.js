// Where a method was called and a class registered, as far as a stack trace shows it.

import { fileURLToPath } from 'node:url'

/** @typedef {{ file: string, position: string, instance: string }} Place  `instance`: the file as the stack trace names it */

/**
 * The stack frame that called `method`.
 * @param {Function} method
 * @returns {string | undefined}
 */
export function callerOf(method) {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 1
  const holder = { stack: '' }
  Error.captureStackTrace(holder, method)
  Error.stackTraceLimit = stackTraceLimit
  return typeof holder.stack === 'string' ? holder.stack.split('\n').at(-1) : undefined
}

/**
 * Reads a stack frame; the file is empty if it names none.
 * @param {string | undefined} frame  such as "    at <static_initializer> (file:///app/jobs.js?t=1:3:5)"
 * @returns {Place}
 */
export function placeOf(frame) {
  const parts = /(?:\(|at (?:async )?)((?:file:|\/|[A-Za-z]:[\\/])[^()]*?):(\d+:\d+)\)?$/.exec(frame ?? '')
  const [, instance = '', position = ''] = parts ?? []
  let file = instance.replace(/[?#].*$/, '')
  if (file.startsWith('file:')) {
    try {
      file = fileURLToPath(file)
    } catch {
      // Not a path on this system; the URL is shown as it is.
    }
  }
  return { file, position, instance }
}

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
