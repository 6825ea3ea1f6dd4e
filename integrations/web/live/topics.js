// What can be looked at. A topic is an operation that reads, or one of the marks: 'jobs', 'crons' and 'job:<id>'.

import { EramError } from 'eramjs'

/** @import { RemoteEngine, Route } from '../remote.js' */

/**
 * @typedef {object} Topic
 * @property {string} operation
 * @property {Record<string, unknown>} [options]
 * @property {number} [every]  milliseconds within which it is looked at once, at most
 */

/** Rows of metrics are written this often. */
const METRICS = 10_000

/** @type {Record<string, Topic>} */
const TOPICS = {
  counts: { operation: 'counts' },
  queues: { operation: 'queues' },
  nodes: { operation: 'nodes' },
  attention: { operation: 'attention' },
  overview: { operation: 'overview' },
  metrics: { operation: 'history', options: { metric: 'executed', group: 'state', window: '1m', step: 10 }, every: METRICS },
}
export const MARKS = ['jobs', 'crons']
const USUAL = [...Object.keys(TOPICS).filter((name) => name !== 'overview'), ...MARKS]
/** Jobs that one viewer watches. */
const MOST_JOBS = 20

/**
 * Those that a query names, as far as they exist.
 * @param {URLSearchParams} query
 * @param {RemoteEngine} remote
 */
export function topicsOf(query, remote) {
  const named = query.getAll('topics').flatMap((text) => text.split(',').filter(Boolean))
  const topics = [...new Set(named.length === 0 ? USUAL : named)]
  for (const topic of topics) {
    if (topicNamed(topic) || MARKS.includes(topic) || jobIdOf(topic) !== undefined) continue
    const known = [...Object.keys(TOPICS), ...MARKS, 'job:<id>'].join(', ')
    throw wrong('topics', known, JSON.stringify(topic.slice(0, 80)))
  }
  const jobs = topics.filter((topic) => jobIdOf(topic) !== undefined)
  if (jobs.length > MOST_JOBS) throw wrong('topics', `at most ${MOST_JOBS} jobs`, String(jobs.length))
  return topics.filter((topic) => !topicNamed(topic) || findRoute(topic, remote) || derives(topic))
}

/** @param {string} field @param {string} expected @param {string} got */
export function wrong(field, expected, got) {
  return Object.assign(new EramError('ERAM_CONFIG', `events.${field}: expected ${expected}, got ${got}`), { field })
}

/** The id of the job of a topic. @param {string} topic */
export function jobIdOf(topic) {
  const [, id] = /^job:([1-9]\d{0,15})$/.exec(topic) ?? []
  return id !== undefined && Number.isSafeInteger(Number(id)) ? Number(id) : undefined
}

/** @param {string} name @returns {Topic | undefined} */
export function topicNamed(name) {
  return Object.hasOwn(TOPICS, name) ? TOPICS[name] : undefined
}

/** @param {string} topic @param {RemoteEngine} remote @returns {Route | undefined} */
export function findRoute(topic, { routes }) {
  return routes.find(({ name, reads }) => reads && name === topicNamed(topic)?.operation)
}

/** What is made of the queues where no operation has it. @param {string} topic */
export const derives = (topic) => topic === 'counts'

/** Counts by state. @param {any[]} queues */
export function countsOf(queues) {
  /** @type {Record<string, { jobs: number, exact: boolean, at_least?: true }>} */
  const states = {}
  for (const { counts, at_least, estimated } of queues) {
    for (const [state, jobs] of Object.entries(/** @type {Record<string, number>} */ (counts))) {
      const sum = states[state] ?? { jobs: 0, exact: true }
      const isBound = at_least.includes(state)
      states[state] = {
        jobs: sum.jobs + jobs,
        exact: sum.exact && !isBound && !estimated.includes(state),
        ...((isBound || sum.at_least) && { at_least: true }),
      }
    }
  }
  return { states }
}
