// Errors that this thread learns of by events: those of plugins and listeners, and those that an isolate could not report because it
// is gone, or because its job had to be given up.

/** @import { Listeners } from '../events/listeners.js' */
/** @import { About, ErrorReports } from '../shared/error-reports.js' */
/** @import { EngineEvent } from '../shared/worker-listeners.js' */

/** @typedef {{ error: unknown } & About} Report */

/** @type {Record<string, (event: EngineEvent) => Report | undefined>} */
const REPORTS = {
  'job:exception': ({ job, error, state, delay }) => {
    const isUnreported = error?.kind === 'crash' || error?.kind === 'lost' || error?.code === 'GIVEN_UP'
    if (!isUnreported) return undefined
    const about = { kind: error.kind, job, attempt: job.attempt, final: state === 'discard', delay, queue: job.queue }
    return { error: made(error), phase: 'perform', ...about }
  },
  'job:rescued': ({ job }) => {
    if (job.state === 'cancelled') return undefined
    const error = made({ name: 'NodeLost', message: 'the node of the job was lost while it ran' })
    const about = { kind: 'lost', job, attempt: job.attempt, final: job.state === 'discarded', queue: job.queue }
    return { error, phase: 'perform', ...about }
  },
  'plugin:exception': ({ error, kind }) => ({ error, phase: 'plugin', kind }),
  'cron:exception': ({ name, message }) => ({ error: made({ message: `cron entry ${name}: ${message}` }), phase: 'cron' }),
  'listener:exception': ({ of, error, message }) => {
    if (of !== 'onError') return { error: error ?? made({ message }), phase: 'listener' }
    process.emitWarning(message, 'EramListener')
    return undefined
  },
  'thread:exit': ({ expected, message, queue }) =>
    expected ? undefined : { error: made({ name: 'ThreadExit', message }), phase: 'thread', kind: 'crash', queue },
  'engine:log': ({ level, message, plugin }) =>
    level === 'error' && plugin === undefined ? { error: made({ message }), phase: 'engine' } : undefined,
}

/**
 * Reports errors of events to onError.
 * @param {Listeners} listeners
 * @param {ErrorReports} reports
 */
export function reportEvents(listeners, reports) {
  if (reports.isEmpty) return
  for (const [kind, read] of Object.entries(REPORTS)) {
    listeners.on(
      kind,
      (event) => {
        const { error, ...about } = read(event) ?? { error: undefined, phase: '' }
        if (about.phase) reports.report(error, about, (event) => listeners.emit(event))
      },
      { args: false },
    )
  }
}

/** An error of which only the description is here. @param {{ name?: string, message?: string, stack?: string, code?: unknown }} entry */
function made({ name = 'Error', message, stack, code }) {
  const error = new Error(message)
  Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true })
  if (stack !== undefined) error.stack = `${name}: ${message}\n${stack}`
  return Object.assign(error, { synthetic: true }, code === undefined ? undefined : { code })
}
