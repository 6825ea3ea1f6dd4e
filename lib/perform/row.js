// The row of a job as the engine hands it over, and the job as events and `ctx.job` show it.

import {
  ARGS,
  ATTEMPT,
  ATTEMPTED_AT,
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

/**
 * The job as events show it.
 * @param {Row} row
 */
export function briefJob(row) {
  return { id: row[ID], worker: row[WORKER], queue: row[QUEUE], attempt: row[ATTEMPT], max_attempts: row[MAX_ATTEMPTS] }
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
