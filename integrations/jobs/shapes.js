// Jobs and attempts as this API shows them, from rows of eram_jobs, from the context of a running job, and from events.

import { ATTEMPT_STATUS, BACKOFF_STRATEGY, JOB_STATUS } from './constants.js'

/** @import { EventJob, RunningJob } from 'eramjs' */
/** @import { Job, JobAttempt } from './index.js' */

/** @typedef {{ type: string, payload: Record<string, any>, backoff_strategy?: Job['backoff_strategy'] }} Args  of the job in eram_jobs */
/** @typedef {Record<string, any>} Row  of eram_jobs as JSON */

/** The states of jobs in eram_jobs for each status. @type {Record<Job['status'], string[]>} */
export const STATES = {
  [JOB_STATUS.PENDING]: ['available', 'scheduled', 'suspended', 'retryable'],
  [JOB_STATUS.RUNNING]: ['executing'],
  [JOB_STATUS.COMPLETED]: ['completed'],
  [JOB_STATUS.FAILED]: ['discarded', 'cancelled'],
}

/** The status after an attempt, by how it ended. @type {Record<string, Job['status']>} */
const AFTER = {
  success: JOB_STATUS.COMPLETED,
  failure: JOB_STATUS.PENDING,
  snoozed: JOB_STATUS.PENDING,
  discard: JOB_STATUS.FAILED,
  cancelled: JOB_STATUS.FAILED,
}

/**
 * @param {Row} row
 * @returns {Job}
 */
export function jobOfRow(row) {
  const ended = row.completed_at ?? row.discarded_at ?? row.cancelled_at ?? null
  const changes = [row.inserted_at, row.attempted_at, ended, ...attemptEnds(row)].map(dateOf).filter((date) => date !== null)
  const [status] = Object.entries(STATES).find(([, states]) => states.includes(row.state)) ?? [JOB_STATUS.PENDING]
  return job(row.id, argsOf(row.args), {
    result: row.result,
    status: /** @type {Job['status']} */ (status),
    attempts: row.attempt,
    max_attempts: row.max_attempts,
    created_at: dateOf(row.inserted_at),
    updated_at: new Date(Math.max(...changes.map(Number))),
    started_at: dateOf(row.attempted_at),
    completed_at: dateOf(ended),
    run_at: dateOf(row.scheduled_at),
    ...(typeof row.backoff === 'string' && { backoff_strategy: row.backoff }),
  })
}

/**
 * The job that a handler gets.
 * @param {RunningJob} row
 * @returns {Job}
 */
export function jobOfContext(row) {
  return job(row.id, argsOf(row.args), {
    result: null,
    status: JOB_STATUS.RUNNING,
    attempts: row.attempt,
    max_attempts: row.max_attempts,
    created_at: row.inserted_at,
    updated_at: row.attempted_at,
    started_at: row.attempted_at,
    completed_at: null,
    run_at: row.scheduled_at,
  })
}

/**
 * The job that a listener gets; times are reckoned from the start of the attempt.
 * @param {{ job: EventJob, state: string, result: any, run_ms: number | null, delay: number | null }} event
 * @returns {Job}
 */
export function jobOfEvent({ job: row, state, result, run_ms, delay }) {
  const status = AFTER[state] ?? JOB_STATUS.PENDING
  const ended = new Date(row.attempted_at.getTime() + Math.round(run_ms ?? 0))
  return job(row.id, argsOf(row.args), {
    result,
    status,
    attempts: row.attempt,
    max_attempts: row.max_attempts,
    created_at: row.inserted_at,
    updated_at: ended,
    started_at: row.attempted_at,
    completed_at: status === JOB_STATUS.PENDING ? null : ended,
    run_at: delay === null ? row.scheduled_at : new Date(ended.getTime() + delay * 1000),
  })
}

/**
 * The job that was created.
 * @param {{ id: number, scheduled_at: Date, inserted_at: Date }} inserted
 * @param {Args} args
 * @param {number} max_attempts
 * @returns {Job}
 */
export function jobOfInsert({ id, scheduled_at, inserted_at }, args, max_attempts) {
  return job(id, args, {
    result: null,
    status: JOB_STATUS.PENDING,
    attempts: 0,
    max_attempts,
    created_at: inserted_at,
    updated_at: inserted_at,
    started_at: null,
    completed_at: null,
    run_at: scheduled_at,
  })
}

/**
 * The attempts of a job that have ended: those that failed are its errors, the last one that succeeded is its row.
 * @param {Row} row
 * @returns {JobAttempt[]}
 */
export function attemptsOfRow(row) {
  const failed = (row.errors ?? []).map((/** @type {Row} */ error) => {
    const { attempt, at, attempted_at, message, attempted_by: _, ...details } = error
    return ended(row, attempt, attempted_at, at, { status: ATTEMPT_STATUS.ERROR, error_message: message, error_details: details })
  })
  if (row.state !== 'completed') return failed
  const last = { status: ATTEMPT_STATUS.SUCCESS, error_message: null, error_details: null }
  return [...failed, ended(row, row.attempt, row.attempted_at, row.completed_at, last)]
}

/**
 * @param {Row} row
 * @param {number} attempt
 * @param {string} started_at
 * @param {string} completed_at
 * @param {Pick<JobAttempt, 'status' | 'error_message' | 'error_details'>} outcome
 * @returns {any}
 */
function ended({ id }, attempt, started_at, completed_at, outcome) {
  const times = { started_at: dateOf(started_at), completed_at: dateOf(completed_at) }
  return { id: attempt, job_id: String(id), attempt_number: attempt, ...times, ...outcome }
}

/** @param {Row} row */
function attemptEnds({ errors }) {
  return (errors ?? []).map((/** @type {Row} */ { at }) => at)
}

/**
 * @param {number} id
 * @param {Args} args
 * @param {Record<string, unknown>} members
 * @returns {any}
 */
function job(id, { type, payload, backoff_strategy = BACKOFF_STRATEGY.EXP }, { result, status, ...rest }) {
  return { id, uid: String(id), type, payload, result: result ?? null, status, backoff_strategy, ...rest }
}

/** Also of a job that was enqueued in SQL. @param {any} args @returns {Args} */
function argsOf({ type = '', payload = {}, ...rest }) {
  return { ...rest, type, payload }
}

/** @param {unknown} time @returns {Date | null} */
function dateOf(time) {
  return typeof time === 'string' ? new Date(time) : null
}
