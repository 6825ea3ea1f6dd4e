// What the target of a change was like before and after, where that costs little.

/** @import { RemoteEngine, WebLimits } from './remote.js' */

/** Ids in a row. */
const MOST = 100
/** Operations on what was set for a queue. */
const SETTINGS = ['pause', 'resume', 'scale', 'resetQueue']
const CRONS = ['cron.update', 'cron.upsert', 'cron.pause', 'cron.resume', 'cron.delete']

/**
 * @param {RemoteEngine} remote
 * @param {string} operation
 * @param {Record<string, any>} options
 * @param {WebLimits} limits
 * @returns {Promise<unknown>} null where it is not known
 */
export async function stateBefore(remote, operation, { queue, name }, limits) {
  if (SETTINGS.includes(operation) && typeof queue === 'string' && queue !== '*') return read(remote, 'queue', queue, limits)
  return CRONS.includes(operation) && typeof name === 'string' ? read(remote, 'cron', name, limits) : null
}

/**
 * @param {RemoteEngine} remote
 * @param {string} operation
 * @param {Record<string, any>} options
 * @param {any} value  the answer
 * @param {WebLimits} limits
 */
export async function stateAfter(remote, operation, options, value, limits) {
  if (SETTINGS.includes(operation)) return stateBefore(remote, operation, options, limits)
  if (operation === 'cron.delete') return null
  if (operation.startsWith('cron.') && operation !== 'cron.run') {
    const { expression, timezone, worker, guaranteed, paused } = value
    return { expression, timezone, worker, guaranteed, paused }
  }
  if (operation === 'jobs.enqueue' || operation === 'cron.run') return { job: value.id, queue: value.queue, state: value.state }
  if (Array.isArray(value?.jobs)) return touched(value.jobs)
  if (operation === 'purge') return { jobs: value.purged }
  return operation === 'stopQueue' ? { released: value.released.length } : null
}

/** The state of a job before an action on it alone. @param {any} value  the answer */
export function jobBefore(value) {
  const jobs = value?.jobs
  return Array.isArray(jobs) && jobs.length === 1 ? { state: jobs[0].previous } : null
}

/** @param {{ id: number, state: string, refused?: object }[]} jobs */
function touched(jobs) {
  const [first] = jobs
  const refused = jobs.filter((job) => job.refused).length
  if (first && jobs.length === 1 && refused === 0) return { state: first.state }
  const ids = jobs.filter((job) => !job.refused).map(({ id }) => id)
  return { jobs: ids.length, refused, ids: ids.slice(0, MOST) }
}

/** @param {RemoteEngine} remote @param {'queue' | 'cron'} kind @param {string} name @param {WebLimits} limits */
async function read(remote, kind, name, limits) {
  // The change goes on without it, and says itself what is wrong.
  return remote.stateOf(kind, name, { ...limits, reads: true }).catch(() => null)
}
