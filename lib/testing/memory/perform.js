// performJob(): one attempt of a job without a database. The runner is that of every isolate; what it needs is in memory.

import { enqueue, withTransaction } from '../../enqueue/index.js'
import { outcomeOf, registered } from '../../job/index.js'
import { checkConstructor } from '../../loading/index.js'
import { draftText } from '../../producer/index.js'
import { EramError } from '../../shared/errors.js'
import { runningEngine, state } from '../../shared/global-state.js'
import { readSetup, Setup } from '../../shared/setup.js'
import { monotonic } from '../../shared/timers.js'
import { attempt } from '../attempt.js'
import { within } from '../scope.js'
import { draftJob } from './draft-job.js'
import { meaningOf } from './outcome.js'
import { readPerformOptions } from './perform-options.js'
import { plainClass } from './plain.js'
import { Recorder } from './recorder.js'

/** @import { JobClass } from '../../job/registry.js' */
/** @import { RunnerDeps } from '../../perform/runner.js' */
/** @import { Job } from '../expected.js' */
/** @import { PerformOptions } from './perform-options.js' */

/** What the attempt was, where its state would be that of any waiting job. */
const BECAME = /** @type {Record<string, string>} */ ({ scheduled: 'snoozed', available: 'released' })

/**
 * Performs one attempt of a job; resolves to what became of it.
 * @param {Function} type  the job class
 * @param {unknown} [args]
 * @param {unknown} [given]  options
 */
export async function performJob(type, args, given = {}) {
  const jobClass = registered(type)
  const options = readPerformOptions(jobClass.name, given)
  const { event: _, entry: __, ...done } = await performWith(jobClass, args, options)
  if (options.throws && done.error !== undefined) throw done.error
  return done
}

/**
 * The same with what fake.perform() needs to write: the event, and the entry of the error.
 * @param {JobClass} jobClass
 * @param {unknown} args
 * @param {PerformOptions} options
 */
export async function performWith(jobClass, args, options) {
  const { name } = jobClass
  const { base, backoff } = plainClass(jobClass)
  const { id, attempt: number, errors, scheduled_at, ...rest } = options.job
  const row = draftJob(draftText(name, args, rest, { base }).text)
  const at = new Date()
  const times = { scheduled_at: scheduled_at ?? row.scheduled_at, attempted_at: at }
  /** @type {Job} */
  const job = { ...row, ...times, id: id ?? row.id, attempt: number, errors, backoff: row.backoff ?? backoff }
  if (number > job.max_attempts) {
    throw new EramError('ERAM_CONFIG', `performJob: attempt: expected at most max_attempts, ${job.max_attempts}, got ${number}`)
  }
  const setup = await Setup.start(readSetup(options.setup), {
    isolate: 'main',
    queue: null,
    group: null,
    engine: 'eramjs/testing',
    workers: [name],
  })
  try {
    return await performed(job, jobClass, options, setup)
  } finally {
    await setup.stop()
  }
}

/**
 * @param {Job} job
 * @param {JobClass} jobClass
 * @param {PerformOptions} options
 * @param {Setup} setup
 */
async function performed(job, jobClass, options, setup) {
  const { name } = jobClass
  /** @type {Record<string, unknown>[]} */
  const logs = []
  /** @type {string[]} */
  const warnings = []
  const recorder = new Recorder(false)
  const run = () =>
    attempt(
      job,
      {
        ...depsOf(job, jobClass, options, setup),
        isWanted: (kind) => kind === 'job:log' || kind === 'job:warning',
        emit({ event, level, message, fields, what }) {
          if (event === 'job:log') logs.push({ level, message, ...(fields !== undefined && { fields }) })
          else if (event === 'job:warning') warnings.push(`${what}: ${message}`)
        },
      },
      (abort) => abortWith(options.signal, abort),
    )
  const start = monotonic()
  const { detail: text, error } = await (options.enqueue === 'record' ? within({ recorder }, run) : run())
  const duration_ms = monotonic() - start
  const detail = JSON.parse(text)
  // In production it is a warning, which a test would not see.
  if (detail.result_error) throw new EramError('ERAM_JOB', `${name}: ${detail.result_error}`)
  const { state: became, delay, event } = meaningOf(/** @type {any} */ (job), detail)
  const isFailure = (event === 'failure' || event === 'discard') && error !== undefined && outcomeOf(error) === undefined
  const reason = detail.reason ?? (isFailure ? undefined : detail.error?.message)
  return {
    state: BECAME[became] ?? became,
    result: detail.result ?? null,
    error: isFailure ? error : undefined,
    ...(reason !== undefined && { reason }),
    delay,
    logs,
    warnings,
    enqueued: recorder.jobs,
    duration_ms,
    event,
    entry: /** @type {Record<string, unknown> | undefined} */ (detail.error),
  }
}

/**
 * @param {Job} job
 * @param {JobClass} jobClass
 * @param {PerformOptions} options
 * @param {Setup} setup
 */
function depsOf({ worker }, jobClass, { tx, resolve, engine }, setup) {
  const running = runningEngine(engine)
  const services = running && state.services.get(running.name)?.deps
  const { create, release } = resolve ? { create: resolve, release: undefined } : setup.create ? setup : (services ?? setup)
  const { loaded } = plainClass(jobClass)
  checkConstructor(worker, loaded.Class, create)
  return {
    ...services,
    create,
    release,
    known: () => loaded,
    enqueue: (/** @type {any} */ worker, /** @type {unknown} */ args, /** @type {any} */ options) => enqueue(worker, args, options),
    prepareAck: (/** @type {string} */ detail) => detail,
    transaction: /** @type {RunnerDeps['transaction']} */ (
      async (run) => {
        if (tx !== undefined) return withTransaction(tx, () => run(tx, async () => 'completed'))
        throw new EramError('ERAM_DRIVER', `${worker}: expected performJob(${worker}, args, { tx }), as it needs a transaction, got none`)
      }
    ),
  }
}

/**
 * @param {AbortSignal | undefined} signal
 * @param {(code: 'cancelled' | 'shutdown' | 'timeout') => void} abort
 */
function abortWith(signal, abort) {
  const stop = () => abort(['shutdown', 'timeout'].includes(signal?.reason) ? signal?.reason : 'cancelled')
  if (signal?.aborted) stop()
  else signal?.addEventListener('abort', stop, { once: true })
}
