// How long the dashboard's API takes on a large table, from the request to the text of the answer, while a few clients ask at once.
import { performance } from 'node:perf_hooks'
import { EramEngine } from '../../index.js'
import { createWeb } from '../../integrations/web/index.js'
import { fillLarge, LARGE } from '../lib/large.js'
import { fillMetrics } from '../lib/metrics.js'
import { quantile } from '../lib/stats.js'

/** @import { Workload } from './index.js' */
/** @typedef {{ most: number, path: (n: number) => string, body?: (n: number) => object }} Asked  most: milliseconds of p95 */

const search = (/** @type {string} */ text) => `/jobs/search?limit=50&text=${encodeURIComponent(text)}`
/** An old job of its own in each call. @param {number} n */
const old = (n) => 1000 + 37 * n

/** A change of so many jobs is measured this often in a run, as there are only so many. */
const CHUNKS = { jobs: 2000, most: 3 }

/** By row, each with its budget. @type {Record<string, Asked>} */
const ASKED = {
  'newest jobs': { most: 80, path: () => search('') },
  'older jobs': { most: 80, path: (n) => `${search('')}&before=${900_000 - 50 * n}` },
  'completed jobs': { most: 80, path: () => search('state:completed') },
  'executing jobs': { most: 80, path: () => search('state:executing') },
  'a job': { most: 80, path: (n) => `/jobs/${old(n)}?attempts=true` },
  'why a job waits': { most: 50, path: (n) => `/jobs/${old(n)}/why` },
  'by args, no match': { most: 250, path: (n) => search(`args.ref:"${n}"`) },
  'by a part of a text, no match': { most: 250, path: (n) => search(`args.email:~missing${n}`) },
  suggestions: { most: 150, path: () => `/jobs/suggest?text=${encodeURIComponent('worker:Job1 args.')}` },
  counts: { most: 100, path: () => '/counts' },
  queues: { most: 100, path: () => '/queues' },
  attention: { most: 100, path: () => '/attention' },
  failures: { most: 120, path: () => '/jobs/failures?window=24h' },
  'cron entries': { most: 120, path: () => '/crons' },
  'a cron entry': { most: 120, path: (n) => `/crons/cron-${n % 25}` },
  'a chart': { most: 120, path: () => '/history?metric=executed&group=state&window=1h' },
  'retry a job': { most: 150, path: () => '/jobs/retry', body: (n) => ({ which: old(n) }) },
  'retry 2,000 of a search': {
    most: 300,
    path: () => '/jobs/bulk',
    body: () => ({ action: 'retry', text: 'state:discarded', max_id: Number.MAX_SAFE_INTEGER, limit: CHUNKS.jobs }),
  },
}

/** @type {Workload} */
export const dashboard = {
  about: "the dashboard's API on a large table",
  seconds: 60,
  options: {
    runs: { value: 3, about: 'of each request' },
    jobs: { value: LARGE, about: 'in the table' },
    clients: { value: 4, about: 'that ask at once' },
    calls: { value: 30, about: 'of each client' },
  },
  goals: () => Object.entries(ASKED).map(([of, { most }]) => ({ what: `${of}: p95 of at most ${most} ms`, of, key: 'p95', most })),

  turns({ target, client, run, options: { jobs, clients, calls } }) {
    let made = run * 10_000
    return Object.entries(ASKED).map(([name, { path, body }], n) => ({
      row: { name },
      async measure() {
        if (run === 1 && n === 0) {
          const query = (/** @type {string} */ text, /** @type {unknown[] | undefined} */ values) => client.query(text, values)
          await fillMetrics(query, 2, 40)
          await fillLarge(query, jobs)
        }
        const engine = await EramEngine.start({ ...target, metrics: false, logger: false })
        const web = createWeb(engine, { access: 'all', audit: false, limits: { keep: 0 } })
        /** @type {number[]} */
        const times = []
        const isOfChunks = path(0) === '/jobs/bulk'
        const ask = async () => {
          made += 1
          const request = new Request(`http://localhost/api/v1${path(made)}`, body && written(body(made)))
          const begun = performance.now()
          const response = await web.fetch(request)
          const text = await response.text()
          times.push(performance.now() - begun)
          if (!response.ok && response.status !== 404) throw new Error(`${name}: ${response.status} ${text.slice(0, 200)}`)
        }
        try {
          // Connected, and planned once.
          if (!body) await ask()
          times.length = 0
          const client = async () => {
            for (let call = 0; call < (isOfChunks ? Math.min(calls, CHUNKS.most) : calls); call++) await ask()
          }
          await Promise.all(Array.from({ length: isOfChunks ? 1 : clients }, client))
          return { p50: quantile(times, 0.5), p95: quantile(times, 0.95) }
        } finally {
          await web.close()
          await engine.stop()
        }
      },
    }))
  },
}

/** @param {object} body */
const written = (body) => ({
  method: 'POST',
  headers: { 'x-eram': '1', 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
