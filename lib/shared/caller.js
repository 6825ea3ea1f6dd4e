// Where a method was called, read from a stack trace.

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
