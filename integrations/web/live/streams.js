// The streams of one server: opens one for a caller, and closes all.

import { demand } from '../access.js'
import { ApiError } from '../errors.js'
import { SECURITY } from '../headers.js'
import { remoteOf } from '../remote.js'
import { Hub, LONGEST } from './hub.js'
import { findRoute, topicsOf, wrong } from './topics.js'
import { Viewer } from './viewer.js'

/** @import { EramEngine } from 'eramjs' */
/** @import { Answer } from '../../http/routes.js' */
/** @import { Access } from '../access.js' */
/** @import { CheckedOptions } from '../options.js' */
/** @import { RemoteEngine } from '../remote.js' */
/** @import { Call } from '../respond.js' */

/** Streams at once. */
const MOST = 200
/** Milliseconds between two comments, which keep proxies from closing a stream. */
const PING = 15_000
/** Milliseconds after which a client connects again, and its rights are looked at again. */
const LIFETIME = 600_000

const PARAMETERS = ['topics', 'refresh', 'last']

const HEADERS = {
  ...SECURITY,
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

/** @type {WeakMap<EramEngine, Hub>} */
const hubs = new WeakMap()

/** The hub of an engine, which all servers of the process share. @param {EramEngine} engine */
function hubOf(engine) {
  const known = hubs.get(engine)
  if (known) return known
  const hub = new Hub(
    () => remoteOf(engine),
    () => void hubs.delete(engine),
  )
  hubs.set(engine, hub)
  return hub
}

export class Streams {
  #engine
  #onNews
  #refresh
  /** @type {Set<Viewer>} */
  #viewers = new Set()
  /** @type {NodeJS.Timeout | undefined} */
  #pings

  /** @param {EramEngine} engine @param {CheckedOptions} options @param {() => void} onNews  called before viewers get news */
  constructor(engine, { refresh }, onNews) {
    this.#engine = engine
    this.#onNews = onNews
    this.#refresh = refresh ?? { default: 0, min: 0 }
  }

  /** @param {Call} call @param {Access} access @param {RemoteEngine} remote @returns {Answer} */
  open({ request, url: { searchParams: query } }, access, remote) {
    demand(access, 'view')
    const other = [...query.keys()].find((name) => !PARAMETERS.includes(name))
    if (other !== undefined) throw wrong(other.slice(0, 80), PARAMETERS.join(', '), JSON.stringify(other.slice(0, 80)))
    const topics = topicsOf(query, remote)
    for (const topic of topics) demand(access, findRoute(topic, remote)?.permission ?? 'view')
    const wanted = { topics, refresh: this.#refreshOf(query.get('refresh')), onNews: this.#onNews }
    if (this.#viewers.size >= MOST) throw new ApiError('BUSY', `expected at most ${MOST} streams at once, got more`)
    const lastId = request.headers.get('last-event-id') ?? query.get('last')
    const about = { min: this.#refresh.min, server: remote.about }
    return {
      status: 200,
      body: '',
      headers: HEADERS,
      stream: (sink) => {
        const viewer = new Viewer(sink, wanted)
        const hub = hubOf(this.#engine)
        this.#viewers.add(viewer)
        request.signal.addEventListener('abort', () => sink.end(), { once: true })
        this.#pings ??= setInterval(() => this.#ping(), PING).unref()
        sink.onClose(() => {
          this.#viewers.delete(viewer)
          hub.remove(viewer)
          if (this.#viewers.size > 0) return
          clearInterval(this.#pings)
          this.#pings = undefined
        })
        if (this.#viewers.has(viewer)) hub.add(viewer, lastId, about)
      },
    }
  }

  close() {
    for (const viewer of this.#viewers) viewer.bye('closed')
  }

  #ping() {
    for (const viewer of this.#viewers) {
      if (performance.now() - viewer.openedAt > LIFETIME) viewer.bye('renew')
      else viewer.ping()
    }
  }

  /** @param {string | null} text */
  #refreshOf(text) {
    const { min, default: usual } = this.#refresh
    if (text === null) return usual
    if (!/^\d{1,9}$/.test(text)) throw wrong('refresh', 'milliseconds, as a whole number', JSON.stringify(text.slice(0, 80)))
    return Math.min(LONGEST, Math.max(min, Number(text)))
  }
}
