// One look at all that viewers want: a statement for the marks, and what the operations need.

import { toError } from '../errors.js'
import { countsOf, derives, findRoute, jobIdOf, MARKS, topicNamed } from './topics.js'

/** @import { RemoteEngine, Route } from '../remote.js' */
/** @import { Failure, Hub } from './hub.js' */

/** Milliseconds for each statement, and for a connection. */
const LIMIT = 1000
const WAIT = 2000
/** An age in steps of this many milliseconds: it grows all the time. */
const AGE_STEP = 10_000

export class Look {
  /** When a topic was looked at. @type {Map<string, number>} */
  #seenAt = new Map()
  /** @type {Map<string, string>} */
  #marks = new Map()

  /**
   * @param {Set<string>} topics
   * @param {Hub} hub  which is told what was seen
   * @param {() => RemoteEngine} remoteOf
   * @returns {Promise<{ ms: number, failure: Failure | null }>}
   */
  async at(topics, hub, remoteOf) {
    let ms = 0
    /** @type {Failure | null} */
    let failure = null
    /** @param {string} topic @param {(remote: RemoteEngine, report: any) => Promise<void>} act */
    const tried = async (topic, act) => {
      // One that is away answers nothing else either.
      if (failure && failure.code !== 'TIMEOUT') return
      let report
      try {
        const remote = remoteOf()
        report = remote.newReport()
        await act(remote, report)
      } catch (error) {
        failure = failureOf(topic, error, report)
      }
      ms += report?.ms ?? 0
    }
    if ([...topics].some((topic) => MARKS.includes(topic) || jobIdOf(topic) !== undefined)) {
      await tried('jobs', (remote, report) => this.#lookAtMarks(topics, hub, remote, report))
    }
    /** @type {any[] | undefined} */
    let queues
    for (const topic of ['queues', ...topics].filter((name, at, all) => all.indexOf(name) === at)) {
      const isWanted = topics.has(topic) || (topic === 'queues' && topics.has('counts'))
      if (!isWanted || !topicNamed(topic) || !this.#isDue(topic)) continue
      await tried(topic, async (remote, report) => {
        const route = findRoute(topic, remote)
        if (topic === 'queues' && !topics.has(topic) && findRoute('counts', remote)) return
        if (!route && !(derives(topic) && queues)) return
        const data = route ? await perform(topic, route, remote, report) : countsOf(queues ?? [])
        if (topic === 'queues') queues = data
        if (topics.has(topic)) hub.saw(topic, remote.stringify(data), keyOf(data))
      })
    }
    return { ms, failure }
  }

  /** @param {Set<string>} topics @param {Hub} hub @param {RemoteEngine} remote @param {any} report */
  async #lookAtMarks(topics, hub, remote, report) {
    const ids = [...topics].flatMap((topic) => jobIdOf(topic) ?? [])
    const { watched, ...marks } = await remote.liveMarks(ids, { reads: true, limit: LIMIT, wait: WAIT }, report)
    for (const name of MARKS) {
      const before = this.#marks.get(name)
      this.#marks.set(name, marks[name])
      if (before !== undefined && before !== marks[name]) hub.changed(name)
    }
    const jobs = new Map(watched.map((/** @type {{ id: number }} */ job) => [job.id, job]))
    for (const id of ids) hub.saw(`job:${id}`, JSON.stringify(jobs.get(id) ?? null))
  }

  /** @param {string} topic */
  #isDue(topic) {
    const { every = 0 } = topicNamed(topic) ?? {}
    const now = performance.now()
    if (now - (this.#seenAt.get(topic) ?? -Infinity) < every) return false
    this.#seenAt.set(topic, now)
    return true
  }
}

/** @param {string} topic @param {Route} route @param {RemoteEngine} remote @param {any} report */
async function perform(topic, route, remote, report) {
  const how = { reads: true, limit: LIMIT, wait: WAIT }
  const value = /** @type {any} */ (await remote.perform(route, topicNamed(topic)?.options ?? {}, how, report))
  const { list } = route.operation.remote ?? {}
  return list === undefined ? value : value[list]
}

/** What tells an answer from another: not the time, and an age by its length only. @param {unknown} data */
function keyOf(data) {
  return JSON.stringify(data, (key, value) => {
    if (key === 'at') return undefined
    return key === 'age_ms' || key === 'late_ms' ? Math.floor(value / AGE_STEP) : value
  })
}

/** @param {string} topic @param {unknown} error @param {any} report @returns {Failure} */
function failureOf(topic, error, report) {
  const at = new Date().toISOString()
  if (report?.late) return { code: 'TIMEOUT', message: `${report.late} took more than ${LIMIT} ms`, topic, part: report.late, at }
  if (report?.busy) return { code: 'BUSY', message: 'no connection was free', topic, at }
  const { error: shown } = /** @type {{ error: { code: string, message: string } }} */ (toError(error).body)
  return { code: shown.code, message: shown.message, topic, at }
}
