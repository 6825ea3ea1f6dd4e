// Which errors of attempts are reported to onError: those that failed an attempt, but no outcomes that the job has chosen; and those
// of after… methods and the like, which did not.

import { outcomeOf } from '../job/index.js'
import { ATTEMPT, MAX_ATTEMPTS } from './columns.js'
import { abortedOf } from './context.js'
import { fullJob } from './row.js'

/** @import { AttemptEnd } from './observe.js' */
/** @import { Row } from './row.js' */
/** @import { Attempt, RunnerDeps } from './runner.js' */

/**
 * @param {Attempt} attempt
 * @param {AttemptEnd} end
 * @param {string | undefined} kind
 * @param {Pick<RunnerDeps, 'onError' | 'emit'>} deps
 */
export function reportEnd({ ctx, row }, { state, error, delay = null }, kind, { onError, emit }) {
  if (onError === undefined || (state !== 'failure' && state !== 'discard')) return
  // The job is another node's, which reports how it went there.
  if (/** @type {any} */ (error)?.code === 'ERAM_CLAIM_LOST') return
  const chosen = outcomeOf(error)
  const reported = chosen === undefined ? error : /** @type {{ cause?: unknown }} */ (error).cause
  if (chosen !== undefined && reported === undefined) return
  const about = {
    phase: kind === 'load' ? 'resolve' : 'perform',
    kind: abortedOf(ctx)?.code === 'timeout' ? 'timeout' : (kind ?? (chosen === 'discarded' ? chosen : 'error')),
    job: ctx.job,
    attempt: row[ATTEMPT],
    final: state === 'discard',
    delay,
  }
  onError(reported, about, emit)
}

/**
 * The class of a job could not be loaded.
 * @param {Row} row
 * @param {unknown} error
 * @param {Pick<RunnerDeps, 'onError' | 'emit'>} deps
 */
export function reportLoad(row, error, { onError, emit }) {
  const attempt = row[ATTEMPT]
  onError?.(error, { phase: 'load', kind: 'load', job: fullJob(row), attempt, final: attempt >= row[MAX_ATTEMPTS] }, emit)
}

/**
 * Something went wrong that does not change the outcome.
 * @param {Attempt} attempt
 * @param {string} what
 * @param {unknown} error
 * @param {Pick<RunnerDeps, 'onError' | 'emit'>} deps
 */
export function reportProblem({ ctx, row }, what, error, { onError, emit }) {
  const phase = PHASES.includes(what) ? what : 'hook'
  onError?.(error, { phase, kind: 'error', job: ctx.job, attempt: row[ATTEMPT] }, emit)
}

const PHASES = ['backoff', 'result', 'middleware']
