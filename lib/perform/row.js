// The row of a job as the engine hands it over, and the job as events and `ctx.job` show it.

import {
  ARGS,
  ATTEMPT,
  ATTEMPTED_AT,
  COLUMNS,
  ERRORS,
  ID,
  INSERTED_AT,
  MAX_ATTEMPTS,
  META,
  PRIORITY,
  QUEUE,
  SCHEDULED_AT,
  TAGS,
  TIMEOUT,
  WORKER,
} from './columns.js'

/** Positions are in columns.js. @typedef {any[]} Row */
/** @typedef {ReturnType<typeof fullJob>} FullJob */

/**
 * The row that the engine would hand over for a job: fullJob() of it is the job again.
 * @param {Omit<FullJob, 'state'> & { run: number }} job  `run`: the number of the run, from 1
 * @returns {Row}
 */
export function rowFrom(job) {
  return COLUMNS.map((name) => (job[name] instanceof Date ? job[name].getTime() : (job[name] ?? 0)))
}

/**
 * The job as events show it.
 * @param {Row} row
 */
export function briefJob(row) {
  const job = { id: row[ID], worker: row[WORKER], queue: row[QUEUE], attempt: row[ATTEMPT], max_attempts: row[MAX_ATTEMPTS] }
  const traceparent = row[META] ? row[META].trace?.traceparent : undefined
  return typeof traceparent === 'string' ? { ...job, traceparent } : job
}

/**
 * The job as `ctx.job` shows it. The engine sends 0 for empty columns.
 * @param {Row} row
 */
export function fullJob(row) {
  return {
    id: row[ID],
    state: 'executing',
    worker: row[WORKER],
    queue: row[QUEUE],
    attempt: row[ATTEMPT],
    max_attempts: row[MAX_ATTEMPTS],
    priority: row[PRIORITY],
    args: row[ARGS],
    meta: row[META] || {},
    tags: row[TAGS] || [],
    errors: row[ERRORS] || [],
    inserted_at: new Date(row[INSERTED_AT]),
    scheduled_at: new Date(row[SCHEDULED_AT]),
    attempted_at: new Date(row[ATTEMPTED_AT]),
    timeout: row[TIMEOUT] || null,
  }
}
