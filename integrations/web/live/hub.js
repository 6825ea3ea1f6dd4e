// One for each engine of a process: it looks at what its viewers want, once for all of them. Without a viewer it does nothing.

import { Look } from './look.js'
import { LookInterval } from './look-interval.js'
import { MARKS } from './topics.js'

/** @import { RemoteEngine } from '../remote.js' */
/** @import { Viewer } from './viewer.js' */

/** Milliseconds for which what was seen is kept without a viewer. */
const KEPT = 10_000
/** The shortest time between two looks. */
const LEAST = 200
/** The longest interval that a viewer chooses. */
export const LONGEST = 60_000

/** What was seen last of a topic. @typedef {{ rev: number, at: string, key: string, text: string }} Snap */
/** @typedef {{ code: string, message: string, topic: string, part?: string, at: string }} Failure */

export class Hub {
  looks = new LookInterval()
  /** Rises with each change. */
  rev = 0
  /** Why the last look failed. @type {Failure | null} */
  failure = null
  /** Between looks, in milliseconds. */
  interval = LEAST
  #epoch = Math.random().toString(36).slice(2, 10)
  #remote
  /** @type {Set<Viewer>} */
  #viewers = new Set()
  /** @type {Map<string, Snap>} */
  #snaps = new Map()
  /** How often each mark has changed, and with which revision last. @type {Map<string, { count: number, rev: number }>} */
  #marks = new Map(MARKS.map((name) => [name, { count: 0, rev: 0 }]))
  #look
  /** @type {NodeJS.Timeout | undefined} */
  #timer
  /** @type {NodeJS.Timeout | undefined} */
  #forgetting
  #begunAt = -Infinity
  #isLooking = false

  /**
   * @param {() => RemoteEngine} remote
   * @param {() => void} forgotten  called when it has had no viewer for a while
   */
  constructor(remote, forgotten) {
    this.#remote = remote
    this.#look = new Look()
    this.forgotten = forgotten
  }

  /** @param {Viewer} viewer @param {string | null} lastId @param {{ min: number, server: object }} about */
  add(viewer, lastId, about) {
    clearTimeout(this.#forgetting)
    this.#viewers.add(viewer)
    viewer.greet(this, lastId, about)
    this.#schedule(0)
  }

  /** @param {Viewer} viewer */
  remove(viewer) {
    if (!this.#viewers.delete(viewer) || this.#viewers.size > 0) return
    clearTimeout(this.#timer)
    this.#forgetting = setTimeout(this.forgotten, KEPT)
    this.#forgetting.unref()
  }

  /** @param {number} rev */
  idOf(rev) {
    return `${this.#epoch}-${rev}`
  }

  /** The revision up to which a client has what came, by the id of the last event that it got. @param {string | null} id */
  revOf(id) {
    const [epoch, rev] = (id ?? '').split('-')
    return epoch === this.#epoch && /^\d{1,15}$/.test(rev ?? '') ? Math.min(Number(rev), this.rev) : 0
  }

  /**
   * What came of these topics after a revision, in its order.
   * @param {string[]} topics
   * @param {number} after
   * @returns {{ event: string, rev: number, data: string }[]}
   */
  newsFor(topics, after) {
    const news = []
    for (const topic of topics) {
      const snap = this.#snaps.get(topic)
      const mark = this.#marks.get(topic)
      if (snap && snap.rev > after) {
        const { rev, at, text } = snap
        news.push({ event: 'snap', rev, data: `{"topic":${JSON.stringify(topic)},"rev":${rev},"at":${JSON.stringify(at)},"data":${text}}` })
      }
      if (mark && mark.rev > after) news.push({ event: 'rev', rev: mark.rev, data: JSON.stringify({ rev: mark.rev, [topic]: mark.count }) })
    }
    return news.sort((a, b) => a.rev - b.rev)
  }

  /** @param {string} topic @param {string} text  JSON @param {string} [key]  what tells it from others */
  saw(topic, text, key = text) {
    if (this.#snaps.get(topic)?.key === key) return
    this.rev += 1
    this.#snaps.set(topic, { rev: this.rev, at: new Date().toISOString(), key, text })
    // What is counted has changed, so lists have.
    if (topic === 'counts' || topic === 'queues') this.changed('jobs')
  }

  /** @param {string} mark */
  changed(mark) {
    this.rev += 1
    const { count } = this.#marks.get(mark) ?? { count: 0 }
    this.#marks.set(mark, { count: count + 1, rev: this.rev })
  }

  /** @param {number} chosen  the interval that viewers want */
  #schedule(chosen) {
    if (this.#isLooking || this.#viewers.size === 0) return
    clearTimeout(this.#timer)
    const due = this.#begunAt + Math.max(LEAST, this.looks.interval(chosen))
    this.#timer = setTimeout(() => void this.#tick().catch(() => {}), Math.max(0, due - performance.now()))
    this.#timer.unref()
  }

  async #tick() {
    this.#isLooking = true
    this.#begunAt = performance.now()
    let chosen = LEAST
    try {
      const topics = new Set([...this.#viewers].flatMap((viewer) => viewer.topics))
      const { ms, failure } = await this.#look.at(topics, this, this.#remote)
      this.looks.took(ms)
      this.failure = failure
      for (const topic of this.#snaps.keys()) if (topic.startsWith('job:') && !topics.has(topic)) this.#snaps.delete(topic)
      chosen = Math.min(LONGEST, ...[...this.#viewers].map((viewer) => viewer.refresh))
      this.interval = this.looks.interval(chosen)
      this.#update()
    } finally {
      this.#isLooking = false
      this.#schedule(chosen)
    }
  }

  #update() {
    for (const viewer of this.#viewers) {
      if (this.failure?.code === 'ERAM_NOT_RUNNING') viewer.bye('closed')
      else viewer.update(this)
    }
  }
}
