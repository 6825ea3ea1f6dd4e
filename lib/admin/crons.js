// engine.cron: the cron entries of all nodes, as they are in the table. The addon checks them; this side replaces classes by their
// names and converts times to Dates.

import { jobOptions, register } from '../job/index.js'
import { state } from '../shared/global-state.js'
import { toJob, withDates } from '../shared/job-row.js'
import { toJson } from '../shared/json.js'
import { invalidOption, isRecord, recordOf } from '../shared/validate.js'

/** @typedef {Record<string, any>} Json */
/** @typedef {{ call(method: string, ...args: unknown[]): Promise<any> }} Engine */

const TIMES = ['last_at', 'next_at', 'inserted_at', 'updated_at']

export class Crons {
  #engine

  /** @param {Engine} engine */
  constructor(engine) {
    this.#engine = engine
  }

  async list() {
    return (await this.#call('list', {})).map(entryWithDates)
  }

  /** @param {unknown} entry */
  async insert(entry) {
    return entryWithDates(await this.#call('insert', { entry: cronEntry(entry, 'cron.insert') }))
  }

  /** @param {unknown} entry */
  async upsert(entry) {
    return entryWithDates(await this.#call('upsert', { entry: cronEntry(entry, 'cron.upsert') }))
  }

  /** @param {string} name @param {Json} changes */
  async update(name, changes) {
    const { job, ...rest } = jobOptions(recordOf(changes, 'cron.update: changes'), 'cron.update')
    const entry = job === undefined ? rest : { ...rest, job: workerName(job, 'cron.update.job') }
    return entryWithDates(await this.#call('update', { name: entryName(name, 'cron.update'), entry }))
  }

  /** @param {string} name */
  async pause(name) {
    return entryWithDates(await this.#call('pause', { name: entryName(name, 'cron.pause') }))
  }

  /** @param {string} name */
  async resume(name) {
    return entryWithDates(await this.#call('resume', { name: entryName(name, 'cron.resume') }))
  }

  /** @param {string} name */
  async delete(name) {
    await this.#call('delete', { name: entryName(name, 'cron.delete') })
  }

  /** @param {string} name */
  async run(name) {
    const { worker, args, ...row } = await this.#call('run', { name: entryName(name, 'cron.run') })
    return toJob(row, { worker, args })
  }

  /** @param {string} expression @param {Json} [options] */
  async next(expression, options = {}) {
    const after = options.after ?? new Date()
    const text = after instanceof Date && !Number.isNaN(after.getTime()) ? after.toISOString() : after
    const times = { ...options, expression, after: typeof text === 'string' ? text : String(text) }
    return (await this.#call('next', { times })).map((/** @type {string} */ time) => new Date(time))
  }

  /** @param {string} action @param {Json} options */
  async #call(action, options) {
    return this.#engine.call('crons', action, toJson(options, `cron.${action}`, 'ERAM_CONFIG'))
  }
}

/** @param {Json | null} entry */
function entryWithDates(entry) {
  return withDates(entry, TIMES)
}

/** @param {unknown} name @param {string} subject */
function entryName(name, subject) {
  if (typeof name === 'string') return name
  throw invalidOption(subject, 'the name of an entry', name)
}

/**
 * Reads an entry, [expression, job, args?, options?] or { schedule, job, … }, and replaces a class by its name.
 * @param {unknown} entry
 * @param {string} subject
 */
export function cronEntry(entry, subject) {
  if (Array.isArray(entry)) {
    return entry.map((part, at) => {
      if (at === 1) return workerName(part, `${subject}[1]`)
      return at === 3 && isRecord(part) ? jobOptions(part, subject) : part
    })
  }
  if (isRecord(entry)) return jobOptions({ ...entry, job: workerName(entry.job, `${subject}.job`) }, subject)
  throw invalidOption(subject, '[expression, job, args?, options?] or { schedule, job, … }', entry)
}

/**
 * @param {unknown} job
 * @param {string} subject
 * @returns {string}
 */
function workerName(job, subject) {
  if (typeof job === 'string') return job
  if (typeof job !== 'function') throw invalidOption(subject, 'a job class or its name', job)
  return (state.classes.get(job) ?? register(job, {}, undefined)).name
}
