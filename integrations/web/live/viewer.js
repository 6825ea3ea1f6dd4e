// One stream: what its viewer wants, and what it has been sent.

/** @import { Sink } from '../../http/stream.js' */
/** @import { Hub } from './hub.js' */

/** Part of a change of the interval that is told. */
const NOTABLE = 0.25

export class Viewer {
  /** What came up to this revision, it has. */
  #rev = 0
  #effective
  #onNews
  #sentAt = -Infinity
  /** @type {string | null} */
  #failure = null

  /**
   * @param {Sink} sink
   * @param {{ topics: string[], refresh: number, onNews: () => void }} wanted  `refresh`: milliseconds; `onNews`: called before
   *   the viewer is told, and so may ask
   */
  constructor(sink, { topics, refresh, onNews }) {
    this.sink = sink
    this.topics = topics
    this.refresh = refresh
    this.#onNews = onNews
    this.#effective = refresh
    this.openedAt = performance.now()
  }

  /** @param {Hub} hub @param {string | null} lastId @param {{ min: number, server: object }} about */
  greet(hub, lastId, { min, server }) {
    this.#rev = hub.revOf(lastId)
    this.#effective = hub.looks.interval(this.refresh)
    const refresh = { chosen: this.refresh, min, effective: this.#effective }
    this.sink.send('retry: 2000\n\n')
    this.#event('hello', { rev: hub.rev, server, refresh, topics: this.topics }, hub.idOf(this.#rev))
    this.update(hub, true)
  }

  /** Sends what is new. @param {Hub} hub @param {boolean} [isFirst] */
  update(hub, isFirst = false) {
    this.#tellFailure(hub.failure)
    this.#tellInterval(hub)
    const now = performance.now()
    // Half a tick early is not too early.
    if (now - this.#sentAt < this.refresh - hub.interval / 2) return
    // What the hub does not have yet comes with its next look.
    if (!isFirst) this.#sentAt = now
    const news = hub.newsFor(this.topics, this.#rev)
    if (news.length > 0) this.#onNews()
    for (const { event, rev, data } of news) {
      this.sink.send(`event: ${event}\nid: ${hub.idOf(rev)}\ndata: ${data}\n\n`)
      this.#rev = rev
    }
    this.#rev = Math.max(this.#rev, hub.rev)
  }

  ping() {
    this.sink.send(': ping\n\n')
  }

  /** @param {'closed' | 'renew'} reason */
  bye(reason) {
    this.#event('bye', { reason })
    this.sink.end()
  }

  /** @param {Hub['failure']} failure */
  #tellFailure(failure) {
    const text = failure === null ? null : `${failure.code} ${failure.topic}`
    if (text === this.#failure) return
    this.#failure = text
    if (failure === null) this.#event('back', { at: new Date().toISOString() })
    else this.#event('away', failure)
  }

  /** @param {Hub} hub */
  #tellInterval({ looks }) {
    const effective = looks.interval(this.refresh)
    const isNotable = Math.abs(effective - this.#effective) >= this.#effective * NOTABLE
    const isNormalAgain = effective === this.refresh && this.#effective !== effective
    if (!isNotable && !isNormalAgain) return
    this.#effective = effective
    this.#event('slow', { chosen: this.refresh, effective, database_ms: Math.round(looks.cost * 10) / 10 })
  }

  /** @param {string} event @param {object} data @param {string} [id] */
  #event(event, data, id) {
    this.sink.send(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`)
  }
}
