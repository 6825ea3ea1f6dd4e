// Events as log records: the level and the message of each kind of event that a log shows, and the fields that all of them share.

import { rankOf } from './levels.js'

/** @import { EngineEvent } from '../shared/worker-listeners.js' */
/** @import { LogLevel } from './levels.js' */
/** @typedef {{ time: string, level: LogLevel, msg: string, event: string, engine: string, node: string, [field: string]: any }} LogRecord */
/** @typedef {{ level: LogLevel, message: string } | undefined} Line  undefined: the log does not show it */

/** @type {Record<string, (event: EngineEvent) => Line>} */
const LINES = {
  'job:log': ({ level, message }) => ({ level, message }),
  'job:exception': ({ job, state, error, delay }) => {
    const attempt = `attempt ${job.attempt} of ${job.max_attempts} failed: ${error?.name}: ${error?.message}`
    if (state === 'discard') return { level: 'error', message: `${attempt}; the job is discarded` }
    return { level: 'warn', message: `${attempt}; the next is at ${timeIn(delay)}` }
  },
  'job:lost': () => ({ level: 'warn', message: 'the job had been given to another node; the outcome was not written' }),
  'job:warning': ({ what, message }) => ({ level: 'warn', message: `${what}: ${message}` }),
  'thread:exit': ({ expected, message }) => (expected ? undefined : { level: 'warn', message }),
  'events:dropped': ({ dropped, remote, node }) => ({
    level: 'warn',
    message: remote ? `${remote} events of node ${node} were dropped` : `events were dropped: ${JSON.stringify(dropped)}`,
  }),
  'engine:log': ({ level, message }) => ({ level, message }),
}

/** With `jobs: true` only. @type {Record<string, (event: EngineEvent) => Line>} */
const LINES_OF_JOBS = {
  'job:start': ({ job }) => ({ level: 'info', message: `attempt ${job.attempt} of ${job.max_attempts} begins` }),
  'job:stop': ({ state, run_ms }) => ({ level: 'info', message: `${state} after ${Math.round(run_ms ?? 0)} ms` }),
}

/** The kinds of event that a log shows. @param {boolean} jobs */
export function loggedKinds(jobs) {
  return Object.keys(jobs ? { ...LINES, ...LINES_OF_JOBS } : LINES)
}

/**
 * The record of an event; undefined if the log shows none of the kind or the level.
 * @param {EngineEvent} event
 * @param {{ engine: string, node: string }} about
 * @param {{ level: LogLevel, jobs: boolean }} options
 * @returns {LogRecord | undefined}
 */
export function recordOf(event, about, { level: least, jobs }) {
  const line = LINES[event.event] ?? (jobs ? LINES_OF_JOBS[event.event] : undefined)
  const { level, message } = line?.(event) ?? {}
  if (level === undefined || rankOf(level) < rankOf(least)) return undefined
  const { job, state, run_ms, queue_ms, delay, error, fields, at, queue, plugin } = event
  const [trace_id, span_id] = event.trace_id ? [event.trace_id, event.span_id] : (job?.traceparent?.split('-').slice(1, 3) ?? [])
  const { name, stack } = error ?? {}
  const own = {
    ...{ time: at ?? new Date().toISOString(), level, msg: message, event: event.event, ...about },
    ...{ queue: job?.queue ?? queue, worker: job?.worker, job_id: job?.id, attempt: job?.attempt, max_attempts: job?.max_attempts },
    ...{ state, run_ms, wait_ms: queue_ms, delay_s: delay, retry_at: typeof delay === 'number' ? timeIn(delay) : undefined },
    ...{ error: error ? { name, message: error.message, stack } : undefined, trace_id, span_id, plugin },
  }
  const known = Object.entries(own).filter(([, value]) => value !== undefined && value !== null)
  return /** @type {LogRecord} */ ({ ...fields, ...Object.fromEntries(known) })
}

/** @param {number} seconds */
function timeIn(seconds) {
  return new Date(Date.now() + seconds * 1000).toISOString()
}
