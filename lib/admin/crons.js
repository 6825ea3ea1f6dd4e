// engine.cron: the cron entries of all nodes, as the table has them. The rules are the addon's; this side puts classes into
// words and instants into Dates.

import { jobOptions, register } from '../job/registry.js'
import { EramError, shown } from '../shared/errors.js'
import { state } from '../shared/global-state.js'
import { toJob } from '../shared/job-row.js'
import { toJson } from '../shared/json.js'

/** @typedef {Record<string, any>} Json */
/** @typedef {{ call(method: string, ...words: unknown[]): Promise<any> }} Caller */

const TIMES = ['last_at', 'next_at', 'inserted_at', 'updated_at']

export class Crons {
  #engine

  /** @param {Caller} engine */
  constructor(engine) {
    this.#engine = engine
  }

  async list() {
    return (await this.#call('list', {})).map(withDates)
  }

  /** @param {unknown} entry */
  async insert(entry) {
    return withDates(await this.#call('insert', { entry: entryOf(entry, 'cron.insert') }))
  }

  /** @param {unknown} entry */
  async upsert(entry) {
    return withDates(await this.#call('upsert', { entry: entryOf(entry, 'cron.upsert') }))
  }

  /** @param {string} name @param {Json} changes */
  async update(name, changes) {
    if (!isObject(changes)) throw new EramError('ERAM_CONFIG', `cron.update: changes: expected an object, got ${shown(changes)}`)
    const { job, ...rest } = jobOptions(changes, 'cron.update')
    const entry = job === undefined ? rest : { ...rest, job: nameOf(job, 'cron.update.job') }
    return withDates(await this.#call('update', { name: textOf(name, 'cron.update'), entry }))
  }

  /** @param {string} name */
  async pause(name) {
    return withDates(await this.#call('pause', { name: textOf(name, 'cron.pause') }))
  }

  /** @param {string} name */
  async resume(name) {
    return withDates(await this.#call('resume', { name: textOf(name, 'cron.resume') }))
  }

  /** @param {string} name */
  async delete(name) {
    await this.#call('delete', { name: textOf(name, 'cron.delete') })
  }

  /** @param {string} name */
  async run(name) {
    const { worker, args, ...row } = await this.#call('run', { name: textOf(name, 'cron.run') })
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
function withDates(entry) {
  for (const key of TIMES) if (typeof entry?.[key] === 'string') entry[key] = new Date(entry[key])
  return entry
}

/** @param {unknown} name @param {string} subject */
function textOf(name, subject) {
  if (typeof name === 'string') return name
  throw new EramError('ERAM_CONFIG', `${subject}: expected the name of an entry, got ${shown(name)}`)
}

/**
 * An entry, [expression, job, args?, options?] or { schedule, job, … }, whose job may be a class.
 * @param {unknown} entry
 * @param {string} subject
 */
export function entryOf(entry, subject) {
  if (Array.isArray(entry)) {
    return entry.map((part, at) => {
      if (at === 1) return nameOf(part, `${subject}[1]`)
      return at === 3 && isObject(part) ? jobOptions(part, subject) : part
    })
  }
  if (isObject(entry)) return jobOptions({ ...entry, job: nameOf(entry.job, `${subject}.job`) }, subject)
  throw new EramError('ERAM_CONFIG', `${subject}: expected [expression, job, args?, options?] or { schedule, job, … }, got ${shown(entry)}`)
}

/** @param {unknown} value @returns {value is Json} */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * @param {unknown} job
 * @param {string} subject
 * @returns {string}
 */
function nameOf(job, subject) {
  if (typeof job === 'string') return job
  if (typeof job !== 'function') throw new EramError('ERAM_CONFIG', `${subject}: expected a job class or its name, got ${shown(job)}`)
  return (state.classes.get(job) ?? register(job, {}, undefined)).name
}
