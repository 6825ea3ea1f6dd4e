// Shared by commands on jobs: the options that say which jobs, and the filter that they make.

import { EramError } from '../../index.js'
import { readJson } from './json.js'

/** @import { JobFilter } from '../../index.js' */
/** @import { Option } from '../main.js' */

/** For completion; the engine checks a state. */
const STATES = ['suspended', 'scheduled', 'available', 'executing', 'retryable', 'completed', 'cancelled', 'discarded']

/** @type {Record<string, Option>} */
export const FILTER = {
  state: { type: 'string', value: 'state', multiple: true, choices: STATES, help: 'in this state; several times for several' },
  queue: { type: 'string', value: 'queue', multiple: true, help: 'in this queue; several times for several' },
  worker: { type: 'string', value: 'worker', multiple: true, help: 'of this job class; several times for several' },
  tag: { type: 'string', value: 'tag', multiple: true, help: 'with this tag; several times for jobs that have all of them' },
  args: { type: 'string', value: 'JSON', help: 'args that contain this' },
  meta: { type: 'string', value: 'JSON', help: 'meta that contain this' },
  since: { type: 'string', value: 'time', help: 'enqueued then or later: 2030-01-31T09:00:00Z, or 2h for two hours ago' },
  until: { type: 'string', value: 'time', help: 'enqueued before' },
}

const SECONDS = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
])

/** @param {Record<string, any>} values @returns {JobFilter} */
export function filterOf({ state, queue, worker, tag, args, meta, since, until }) {
  const filter = {
    state,
    queue,
    worker,
    tags: tag,
    args: args && readJson(args, '--args'),
    meta: meta && readJson(meta, '--meta'),
    inserted_from: since && timeOf(since, '--since'),
    inserted_until: until && timeOf(until, '--until'),
  }
  return /** @type {JobFilter} */ (Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)))
}

/** @param {string} text @param {string} subject */
export function timeOf(text, subject) {
  const [, count, unit = ''] = /^(\d{1,6})\s*([smhd])$/.exec(text) ?? []
  const time = count === undefined ? new Date(text) : new Date(Date.now() - Number(count) * (SECONDS.get(unit) ?? 0) * 1000)
  if (Number.isNaN(time.getTime()) || (count === undefined && !/^\d{4}-\d\d-\d\d/.test(text))) {
    throw new EramError('ERAM_CONFIG', `${subject}: expected a time such as 2030-01-31T09:00:00Z, or 2h, got ${JSON.stringify(text)}`)
  }
  return time.toISOString()
}
