// Waits until a job is in a state.

import { EramError } from '../shared/errors.js'
import { jobWithDates } from '../shared/job-row.js'
import { JOB_STATES } from '../shared/job-states.js'
import { monotonic, setTimeout } from '../shared/timers.js'
import { invalidOption, isRecord } from '../shared/validate.js'
import { compare, describe, milliseconds, readExpected, wanted } from './expected.js'
import { sourceOf } from './source.js'

/** @import { Job } from './expected.js' */
/** @import { Place } from './source.js' */

const FINAL = JOB_STATES.slice(-3)
/** Milliseconds. */
const TIMEOUT = 5000
const INTERVAL = 10

/**
 * Resolves to the job once it is in the state.
 * @param {unknown} given  a job or its id; or a class, or members of the job
 * @param {string} [state]  'final': completed, cancelled or discarded
 * @param {Place & { timeout?: unknown }} [options]
 */
export async function waitFor(given, state = 'final', options = {}) {
  if (state !== 'final' && !JOB_STATES.includes(/** @type {any} */ (state)))
    throw invalidOption('waitFor', `'final' or one of ${JOB_STATES.join(', ')}`, state)
  if (!isRecord(options)) throw invalidOption('waitFor', 'an object of options', options)
  const states = state === 'final' ? FINAL : [state]
  const { timeout = TIMEOUT, ...place } = options
  const limit = milliseconds(timeout, 'waitFor.timeout')
  const id = idOf(given)
  const expected = id === undefined ? readExpected(given, undefined, 'waitFor') : {}
  const source = sourceOf(place, 'waitFor')
  const request = id === undefined ? { ...wanted(expected), states: JOB_STATES } : { ids: [id] }
  const end = monotonic() + limit
  for (;;) {
    /** @type {Job[]} */
    const jobs = (await source.run('find', request))
      .map(jobWithDates)
      .filter((/** @type {Job} */ job) => compare(expected, job).length === 0)
    const found = jobs.find((job) => states.some((each) => each === job.state))
    if (found) return found
    if (id !== undefined && jobs.length === 0) throw new EramError('ERAM_NOT_FOUND', `waitFor: expected a job ${id}, got none of this id`)
    if (monotonic() >= end) {
      const what = id === undefined ? describe(expected) : `job ${id}`
      const got = jobs.map((job) => `#${job.id} ${job.state}`).join(', ') || 'none'
      throw new EramError('ERAM_TIMEOUT', `waitFor: expected ${what} to be ${states.join(' or ')} within ${limit} ms, got ${got}`)
    }
    await new Promise((resolve) => setTimeout(resolve, INTERVAL))
  }
}

/** @param {unknown} given @returns {number | undefined} */
function idOf(given) {
  const id = isRecord(given) ? given.id : given
  return typeof id === 'number' ? id : undefined
}
