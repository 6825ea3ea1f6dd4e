// The line of a stack trace that called a method.

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
