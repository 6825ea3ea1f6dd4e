// engine.jobs: reads and changes jobs: one, several, or all that match a filter. The addon applies the rules, for instance that a
// filter must not match all jobs; this side converts filters for it, and rows into jobs.

import { jobWithDates } from '../shared/job-row.js'
import { toJson } from '../shared/json.js'
import { invalidOption, isRecord, recordOf } from '../shared/validate.js'

/** @typedef {Record<string, any>} Json */
/** @typedef {{ call(method: string, ...args: unknown[]): Promise<any> }} Engine */

/** Members of a filter that take one value or several, and the addon's names for the lists. */
const LISTS = new Map([
  ['id', 'ids'],
  ['state', 'states'],
  ['queue', 'queues'],
  ['worker', 'workers'],
])
const TIMES = ['inserted_from', 'inserted_until', 'scheduled_from', 'scheduled_until']
const KEYS = [...LISTS.keys(), 'tags', 'args', 'meta', ...TIMES]

export class Jobs {
  #engine

  /** @param {Engine} engine */
  constructor(engine) {
    this.#engine = engine
  }

  /**
   * @param {number} id
   * @param {{ attempts?: boolean }} [options]
   */
  async find(id, { attempts = false } = {}) {
    const row = await this.#call('find', { id: readId(id, 'jobs.find') })
    if (row === null || row === undefined) return null
    const job = jobWithDates(row)
    return attempts ? { ...job, attempts: attemptsOf(job) } : job
  }

  /** @param {Json} [filter] */
  async list(filter = {}) {
    const { limit, offset, before, ...rest } = recordOf(filter, 'jobs.list')
    const rows = await this.#call('list', { filter: readFilter(rest, 'jobs.list', ['limit', 'offset', 'before']), limit, offset, before })
    return rows.map(jobWithDates)
  }

  /** @param {number | number[] | Json} which @param {{ reason?: string }} [options] */
  async cancel(which, { reason } = {}) {
    return this.#call('cancel', { filter: readWhich(which, 'jobs.cancel'), reason })
  }

  /** @param {number | number[] | Json} which */
  async retry(which) {
    return this.#call('retry', { filter: readWhich(which, 'jobs.retry') })
  }

  /** @param {number | number[] | Json} which */
  async delete(which) {
    return this.#call('delete', { filter: readWhich(which, 'jobs.delete') })
  }

  /** @param {number | number[] | Json} which @param {Json} changes */
  async update(which, changes) {
    return this.#call('update', { filter: readWhich(which, 'jobs.update'), patch: recordOf(changes, 'jobs.update: changes') })
  }

  /**
   * @param {string} action
   * @param {Json} options
   */
  async #call(action, options) {
    return this.#engine.call('jobs', action, toJson(options, `jobs.${action}`))
  }
}

/**
 * @param {unknown} which  an id, ids, or a filter
 * @param {string} subject
 * @returns {Json}
 */
function readWhich(which, subject) {
  if (typeof which === 'number') return { ids: [readId(which, subject)] }
  if (Array.isArray(which)) return { ids: which.map((id) => readId(id, subject)) }
  return readFilter(recordOf(which, subject), subject, [])
}

/**
 * @param {Json} filter
 * @param {string} subject
 * @param {string[]} otherOptions  keys that the caller has removed
 * @returns {Json}
 */
function readFilter(filter, subject, otherOptions) {
  /** @type {Json} */
  const read = {}
  for (const [key, value] of Object.entries(filter)) {
    if (value === undefined) continue
    const list = LISTS.get(key)
    if (list !== undefined) {
      read[list] = Array.isArray(value) ? value : [value]
    } else if (key === 'tags') {
      read.tags = Array.isArray(value) ? value : [value]
    } else if (key === 'args' || key === 'meta') {
      // As text, which the addon passes on to the database.
      read[key] = toJson(recordOf(value, `${subject}: ${key}`), `${subject}: ${key}`)
    } else if (TIMES.includes(key)) {
      read[key] = value
    } else {
      throw invalidOption(subject, [...KEYS, ...otherOptions].join(', '), key)
    }
  }
  return read
}

/** @param {unknown} id @param {string} subject @returns {number} */
function readId(id, subject) {
  if (Number.isSafeInteger(id) && Number(id) > 0) return Number(id)
  throw invalidOption(subject, 'the id of a job', id)
}

/**
 * The attempts of a job, which have no table: the failed ones are in the job's errors, the last one is in its row.
 * @param {Json} job
 */
function attemptsOf(job) {
  // Errors may have been written by hand.
  /** @type {Json[]} */
  const attempts = (job.errors ?? []).filter(isRecord).map((/** @type {Json} */ error) => ({
    attempt: error.attempt,
    status: 'failure',
    started_at: dateOf(error.attempted_at),
    ended_at: dateOf(error.at),
    attempted_by: error.attempted_by ?? null,
    error,
  }))
  const running = job.state === 'executing'
  if (running || job.state === 'completed') {
    attempts.push({
      attempt: job.attempt,
      status: running ? 'executing' : 'success',
      started_at: job.attempted_at,
      ended_at: running ? null : job.completed_at,
      attempted_by: job.attempted_by,
      error: null,
    })
  }
  return attempts
}

/** @param {unknown} time */
function dateOf(time) {
  return typeof time === 'string' || typeof time === 'number' ? new Date(time) : null
}
