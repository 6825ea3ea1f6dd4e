// The operations of an engine for remote callers. Each engine brings its own, also one of the other copy of this package.

import { EramError } from 'eramjs'

/** @import { EramEngine } from 'eramjs' */

/** @typedef {import('../../lib/operations/remote/answer.js').RemoteEngine} RemoteEngine */
/** @typedef {import('../../lib/operations/remote/routes.js').Route} Route */
/** @typedef {import('../../lib/operations/remote/web-call.js').WebLimits} WebLimits */
/** @typedef {import('../../lib/operations/remote/web-call.js').WebReport} WebReport */

const REMOTE = Symbol.for('eram.remote')

/** @param {EramEngine} engine @returns {RemoteEngine} */
export function remoteOf(engine) {
  const remote = Reflect.get(engine, REMOTE)
  if (!remote) throw new EramError('ERAM_NOT_RUNNING', 'web: expected an engine that runs, got one that has not started')
  return /** @type {RemoteEngine} */ (remote)
}
