// Reporting errors to a service such as Sentry.

import type { RunningJob } from './context.js'
import type { BriefJob } from './events.js'

/**
 * Called with each error: once for each failed attempt, and for what goes wrong beside jobs. In a
 * {@link Setup} file it gets what happens in the same thread or process; on the main thread also what
 * threads could not report: an `Error` with `synthetic: true` for a thread or process that ended, a
 * job that had to be given up, and a job of a lost node.
 *
 * Not called for a cancel, a snooze, a release, or a retry or discard that the job chose without a
 * `cause`. A promise that it returns is awaited, up to 5 s, when the engine stops. What it throws
 * becomes `listener:exception`.
 *
 * @param error the very value that was thrown; of a chosen outcome, its `cause`
 *
 * @example
 * const onError: OnError = (error, { job, final }) => {
 *   if (final) console.error('given up:', job?.worker, error)
 * }
 */
export type OnError = (error: unknown, about: ErrorContext) => unknown

/** What is known of an error. */
export interface ErrorContext {
  /**
   * Where it happened. `perform`: in an attempt. `load`, `resolve`: its class was loaded, its
   * instance made. `hook`, `backoff`, `result`, `middleware`: beside an attempt, whose outcome stands.
   * `thread`: a job thread or process ended.
   */
  phase:
    | 'perform'
    | 'load'
    | 'resolve'
    | 'hook'
    | 'backoff'
    | 'result'
    | 'middleware'
    | 'plugin'
    | 'cron'
    | 'listener'
    | 'thread'
    | 'engine'
  /** As in the `errors` of a job: `error`, `timeout`, `load`, `crash`, `lost`, `discarded`. */
  kind: string
  /** The job; of synthetic errors without its arguments. */
  job?: RunningJob | BriefJob | undefined
  /** Number of the attempt, from 1. */
  attempt?: number | undefined
  /** Whether the job is given up: it will not be tried again. */
  final: boolean
  /** Seconds until the next attempt, if the job has chosen them. */
  delay: number | null
  /** Name of the engine. */
  engine: string
  node: string | null
  queue: string | null
  isolate: 'main' | 'thread' | 'process'
}
