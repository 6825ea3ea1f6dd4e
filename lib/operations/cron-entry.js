// Reads cron entries, as start() and engine.cron take them: replaces classes by their names. The addon checks the rest.

import { register } from '../job/index.js'
import { jobOptions } from '../shared/draft.js'
import { state } from '../shared/global-state.js'
import { invalidOption, isRecord, recordOf } from '../shared/validate.js'

/** @param {unknown} name @param {string} subject */
export function entryName(name, subject) {
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
      // Undefined is not given; JSON has null for it.
      return at === 3 && isRecord(part) ? jobOptions(part, subject) : (part ?? null)
    })
  }
  if (isRecord(entry)) return jobOptions({ ...entry, job: workerName(entry.job, `${subject}.job`) }, subject)
  throw invalidOption(subject, '[expression, job, args?, options?] or { schedule, job, … }', entry)
}

/**
 * The changes of an entry.
 * @param {unknown} changes
 * @param {string} subject
 */
export function entryChanges(changes, subject) {
  const { job, ...rest } = jobOptions(recordOf(changes, `${subject}: changes`), subject)
  return job === undefined ? rest : { ...rest, job: workerName(job, `${subject}.job`) }
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
