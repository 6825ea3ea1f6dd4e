// Positions of the columns of a job as the engine hands it over, an array.

/** @typedef {any[]} Row */

/** The engine's number for this run, one attempt of one job. */
export const RUN = 0
export const ID = 1
export const WORKER = 2
export const QUEUE = 3
export const ATTEMPT = 4
export const MAX_ATTEMPTS = 5
const PRIORITY = 6
export const ARGS = 7
const META = 8
const TAGS = 9
const ERRORS = 10
const INSERTED_AT = 11
const SCHEDULED_AT = 12
const ATTEMPTED_AT = 13
export const TIMEOUT = 14

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
