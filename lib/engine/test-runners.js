// What is different under a test runner. It loads the application's files in its own way: transformed, mocked, or in a context of
// their own. Job threads cannot, so there an engine performs all jobs on the thread that started it: isolation "main".

import { isOwnContext } from '../shared/context.js'
import { EramError } from '../shared/errors.js'
import { testRunner } from '../shared/global-state.js'
import { invalidOption } from '../shared/validate.js'

const ISOLATIONS = ['main', 'thread', 'process']

/** The engine's isolation where its options name none. @returns {string | undefined} */
export function defaultIsolation() {
  const { ERAM_ISOLATION: given } = process.env
  // An empty variable counts as unset, as containers cannot unset one.
  if (!given) return isOwnContext ? undefined : 'main'
  if (ISOLATIONS.includes(given)) return given
  throw invalidOption('$ERAM_ISOLATION', '"main", "thread" or "process"', given)
}

/**
 * Adds to the error of a job file that did not load in its thread what to do about it under a test runner.
 * @param {unknown} error
 */
export function withRunnerHint(error) {
  const runner = testRunner()
  if (!runner || !(error instanceof EramError) || error.code !== 'ERAM_LOAD') return error
  const hint = `job threads load files as Node.js does and not through ${runner}: set ERAM_ISOLATION=main, or isolation: 'main' in the engine's options`
  return new EramError('ERAM_LOAD', `${error.message}; ${hint}`, { cause: error.cause })
}
