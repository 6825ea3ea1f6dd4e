// engine.jobs: looking at jobs and acting on them, one, several, or all that a filter means. The rules, such as the refusal of
// a filter that means everything, are the addon's; this side turns what users write into what it reads, and rows into jobs.

import { EramError, shown } from '../shared/errors.js'
import { withDates } from '../shared/job-row.js'
import { toJson } from '../shared/json.js'

/** @typedef {Record<string, any>} Json */
/** @typedef {{ call(method: string, ...words: unknown[]): Promise<any> }} Caller */

// Members of a filter that name a column, and the addon's word for a choice of its values.
const CHOICES = new Map([
  ['id', 'ids'],
  ['state', 'states'],
  ['queue', 'queues'],
  ['worker', 'workers'],
])
const INSTANTS = ['inserted_from', 'inserted_until', 'scheduled_from', 'scheduled_until']
const KEYS = [...CHOICES.keys(), 'tags', 'args', 'meta', ...INSTANTS]

export class Jobs {
  #engine

  /** @param {Caller} engine */
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
    const job = withDates(row)
    return attempts ? { ...job, attempts: attemptsOf(job) } : job
  }

  /** @param {Json} [filter] */
  async list(filter = {}) {
    const { limit, offset, before, ...rest } = objectOf(filter, 'jobs.list')
    const rows = await this.#call('list', { filter: readFilter(rest, 'jobs.list', ['limit', 'offset', 'before']), limit, offset, before })
    return rows.map(withDates)
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
    return this.#call('update', { filter: readWhich(which, 'jobs.update'), patch: objectOf(changes, 'jobs.update: changes') })
  }

  /**
   * @param {string} action
   * @param {Json} options
   */
  async #call(action, options) {
    return this.#engine.call('jobs', action, toJson(options, `jobs.${action}`))
  }
}

/** @param {Caller} engine */
export function jobsOf(engine) {
  return new Jobs(engine)
}

/**
 * @param {unknown} which an id, ids, or a filter
 * @param {string} subject
 * @returns {Json}
 */
function readWhich(which, subject) {
  if (typeof which === 'number') return { ids: [readId(which, subject)] }
  if (Array.isArray(which)) return { ids: which.map((id) => readId(id, subject)) }
  return readFilter(objectOf(which, subject), subject, [])
}

/**
 * @param {Json} filter
 * @param {string} subject
 * @param {string[]} beside keys that mean something else here
 * @returns {Json}
 */
function readFilter(filter, subject, beside) {
  /** @type {Json} */
  const read = {}
  for (const [key, value] of Object.entries(filter)) {
    if (value === undefined) continue
    const choice = CHOICES.get(key)
    if (choice !== undefined) {
      read[choice] = Array.isArray(value) ? value : [value]
    } else if (key === 'tags') {
      read.tags = Array.isArray(value) ? value : [value]
    } else if (key === 'args' || key === 'meta') {
      // As text, because only the database reads it.
      read[key] = toJson(objectOf(value, `${subject}: ${key}`), `${subject}: ${key}`)
    } else if (INSTANTS.includes(key)) {
      read[key] = value
    } else {
      throw new EramError('ERAM_CONFIG', `${subject}: expected ${[...KEYS, ...beside].join(', ')}, got ${shown(key)}`)
    }
  }
  return read
}

/** @param {unknown} id @param {string} subject @returns {number} */
function readId(id, subject) {
  if (Number.isSafeInteger(id) && Number(id) > 0) return Number(id)
  throw new EramError('ERAM_CONFIG', `${subject}: expected the id of a job, got ${shown(id)}`)
}

/** @param {unknown} value @param {string} subject @returns {Json} */
function objectOf(value, subject) {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new EramError('ERAM_CONFIG', `${subject}: expected an object, got ${shown(value)}`)
}

/**
 * Attempts have no table: the failed ones are the job's errors, the last one is its row.
 * @param {Json} job
 */
function attemptsOf(job) {
  /** @type {Json[]} */
  const attempts = (job.errors ?? []).filter(isEntry).map((/** @type {Json} */ error) => ({
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

/** Anything may have been written by hand. @param {unknown} error */
function isEntry(error) {
  return typeof error === 'object' && error !== null && !Array.isArray(error)
}

/** @param {unknown} time */
function dateOf(time) {
  return typeof time === 'string' || typeof time === 'number' ? new Date(time) : null
}
