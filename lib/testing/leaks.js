// What a test has left behind: engines, job threads, scopes of withTransaction() and enqueues that have not ended.

import { AssertionError } from 'node:assert'
import { state } from '../shared/global-state.js'
import { unended } from './scope.js'

/** @typedef {{ what: string, stack?: string }} Leak */

/** Frames of a stack trace that a message shows. */
const SHOWN = 4
/** Files of this package. */
const OWN =
  /(?:[/\\]eramjs|[/\\]lib)[/\\](?:lib|addon|drivers|engine|enqueue|job|perform|shared|testing|workers)[/\\]|[/\\](?:index|testing)\.cjs:|node:internal/

/** Fails if an engine runs, a job thread lives, a scope of withTransaction() is open, or an enqueue was not awaited. */
export async function assertNoLeaks() {
  failOn([...engines(), ...threads(), ...unended()])
}

/** @param {Leak[]} leaks */
export function failOn(leaks) {
  if (leaks.length === 0) return
  const count = leaks.length === 1 ? '1 leak' : `${leaks.length} leaks`
  const lines = leaks.flatMap(({ what, stack }) => [`  ${what}`, ...callers(stack)])
  throw new AssertionError({
    message: [`assertNoLeaks: expected nothing to be left, got ${count}:`, ...lines].join('\n'),
    stackStartFn: failOn,
  })
}

/** Engines that run. @param {ReadonlySet<number>} [except]  their numbers */
export function engines(except) {
  const running = [...state.engines.values()].filter(({ id }) => !except?.has(id))
  return running.map(({ id, name }) => ({ what: `engine ${JSON.stringify(name)} was not stopped`, stack: state.starts.get(id) }))
}

/** Job threads and processes of engines that have stopped. Those of a running engine end with it. */
export function threads() {
  const left = [...state.threads].filter(({ engine }) => !state.engines.has(engine))
  return left.map(({ engine, of, isolation }) => ({
    what: `${isolation} of ${of} has not ended, its engine ${JSON.stringify(engine)} has`,
  }))
}

/** Where it began, in the application. @param {string} [stack] */
function callers(stack = '') {
  const frames = stack.split('\n').filter((line) => /^ +at /.test(line))
  const theirs = frames.filter((line) => !OWN.test(line))
  return (theirs.length > 0 ? theirs : frames).slice(0, SHOWN).map((line) => `      ${line.trim()}`)
}
