// What it costs to look at an engine: metrics, events, and probes and scrapes over HTTP, from a process of their own.
import { setTimeout as pause } from 'node:timers/promises'
import { drainedByNodes } from '../lib/measure.js'
import { freePort, plainServer } from '../lib/ports.js'
import { clear, fill } from '../lib/stores.js'

/** @import { Workload } from './index.js' */

const [BARE, METRICS, EVENTS] = ['unobserved', 'metrics, health and scrapes', 'and a listener of every event']
const [ELSEWHERE, ASKED] = ['1,000 requests of another server', '1,000 requests of the engine']

/** Milliseconds between two scrapes, each with both probes. Servers of Prometheus wait 15 s or more. */
const SCRAPE_INTERVAL = 1000
/** Requests of a drain, and milliseconds between them. */
const REQUESTS = { number: 1000, interval: 1 }

/** @type {Workload} */
export const observed = {
  about: 'drains unobserved, and while everything that can be observed is',
  seconds: 30,
  options: {
    runs: { value: 5, about: 'of each, in turns' },
    jobs: { value: 200_000, about: 'to be done' },
  },
  // The process that asks takes its part of two cores too, so requests are compared with those that another server answers.
  ratios: { ratio: BARE, other: ELSEWHERE },
  goals: () => [
    { what: 'metrics, health and scrapes: at least 0.99 × unobserved', of: METRICS, key: 'ratio', least: 0.99 },
    { what: '1,000 requests of the engine: at least 0.99 × of another server', of: ASKED, key: 'other', least: 0.99 },
  ],

  turns({ target, stores, client, run, options: { jobs } }) {
    const drained = (/** @type {object} */ options, fillAnd = async () => {}) =>
      drainedByNodes({
        target,
        stores,
        client,
        jobs,
        options,
        async fill() {
          await fill(client, jobs)
          await fillAnd()
        },
      })
    async function scraped(/** @type {string} */ option) {
      const port = await freePort()
      const scraping = asking(port, ['/health', '/ready', '/metrics'], SCRAPE_INTERVAL)
      return drained({ [option]: port }).finally(scraping)
    }
    async function asked(/** @type {object} */ options, /** @type {number} */ port) {
      let stop = async () => {}
      const ask = async () => {
        stop = asking(port, ['/ready'], REQUESTS.interval, REQUESTS.number)
      }
      return drained({ metrics: false, ...options }, ask).finally(() => stop())
    }
    /** @type {Record<string, () => ReturnType<typeof drained>>} */
    const ways = {
      [BARE]: () => drained({ metrics: false }),
      [METRICS]: () => scraped('port'),
      [EVENTS]: () => scraped('observed'),
      async [ELSEWHERE]() {
        const server = await plainServer()
        return asked({}, server.port).finally(server.close)
      },
      async [ASKED]() {
        const port = await freePort()
        return asked({ port }, port)
      },
    }
    // Each is first, second and so on in turn.
    const names = Object.keys(ways)
    return names.map((_, n) => {
      const name = /** @type {string} */ (names[(n + run) % names.length])
      return {
        row: { name },
        async measure() {
          await clear(client)
          return /** @type {() => ReturnType<typeof drained>} */ (ways[name])()
        },
      }
    })
  },
}

/**
 * Requests these paths until it is stopped, or so many have been.
 * @param {number} port @param {string[]} paths @param {number} interval @param {number} [most]
 * @returns {() => Promise<void>} stops it
 */
function asking(port, paths, interval, most = Number.POSITIVE_INFINITY) {
  let stopped = false
  const asked = (async () => {
    for (let n = 0; n < most && !stopped; n += paths.length) {
      for (const path of paths) {
        // The server starts and ends meanwhile.
        await fetch(`http://127.0.0.1:${port}${path}`).then(
          (response) => response.arrayBuffer(),
          () => {},
        )
      }
      await pause(interval)
    }
  })()
  return async () => {
    stopped = true
    await asked
  }
}
