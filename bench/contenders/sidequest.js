// Sidequest on PostgreSQL. Tuned as its page on execution modes has it for the highest rate (https://docs.sidequestjs.com:
// "Execution Modes", "Configuration": runner inline, no fork, maxConcurrentJobs, jobPollingInterval; "Queue Concurrency");
// defaults are those of `Sidequest.start({ backend })`: a forked engine with a pool of threads. Without its dashboard, which would
// take a port that is not ours to take. It puts in jobs one by one: there is no call for many.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { drop, look } from '../lib/database.js'
import { payload } from '../lib/payload.js'
import { performer } from '../lib/perform.js'
import { settle } from '../lib/settle.js'
import { peer } from '../peers/index.js'
import { BenchJob, performBy } from './processors/sidequest.js'

/** @import { Contender, Work } from './index.js' */
/** @import { Place } from '../lib/database.js' */

const FLIGHT = 50
const POOL = 20

const { Sidequest } = await peer('sidequest')

/** There is one Sidequest in a process, for all who work and enqueue there. */
let users = 0

/** @type {Contender} */
export const contender = {
  name: 'sidequest',
  store: 'postgresql',
  package: 'sidequest',
  settings: {
    tuned: 'inline in this process, 50 jobs at once, polls each 10 ms; no dashboard',
    defaults: 'forked, on threads, 10 jobs at once, polls each 100 ms; no dashboard',
    cpu: 'forked, as many threads as cores are to be used and ten times as many jobs in hand, polls each 10 ms; no dashboard',
  },
  cannot: { transactions: 'its backend has connections of its own only' },
  drainAtMost: { tuned: 5000, defaults: 2000 },
  async create(place) {
    await enter(place, { skipMigration: false })
    await leave()
  },
  destroy: drop,
  async fill(place, { jobs, bytes, queue = 'default' }) {
    await enter(place)
    await enqueueAll(queue, jobs, (i) => payload(i + 1, bytes))
    await leave()
    await settle(place)
  },
  async unfinished(place) {
    const client = await look(place)
    const { rows } = await client.query(`SELECT FROM sidequest_jobs WHERE state IN ('waiting', 'claimed', 'running') LIMIT 1`)
    return rows.length
  },
  async work(place, work) {
    const options = configuration(work)
    const isHere = options.runner === 'inline'
    const ears = isHere || work.kind !== 'timed' ? undefined : await listen(work)
    performBy(isHere ? performer(work) : undefined)
    // Configured by somebody who enqueues, it would keep that configuration.
    if (users > 0) await Sidequest.stop()
    users += 1
    await Sidequest.start({ ...base(place), ...options, dashboard: { enabled: false } })
    return {
      async stop() {
        await Sidequest.stop()
        users -= 1
        if (users > 0) await Sidequest.configure(base(place))
        performBy(undefined)
        ears?.close()
        delete process.env.ERAM_BENCH_SIDEQUEST
      },
    }
  },
  async enqueuer(place, { queue = 'default' }) {
    await enter(place)
    const one = (/** @type {object} */ args) => enqueue(queue, args)
    return { one, bulk: (all) => enqueueAll(queue, all.length, (i) => all[i]), within: null, close: leave }
  },
}

/** @param {string} queue @param {object | undefined} args */
const enqueue = (queue, args) => Sidequest.build(BenchJob).queue(queue).enqueue(args)

/**
 * Some at a time.
 * @param {string} queue
 * @param {number} jobs
 * @param {(i: number) => object | undefined} args
 */
async function enqueueAll(queue, jobs, args) {
  let next = 0
  const filler = async () => {
    while (next < jobs) await enqueue(queue, args(next++))
  }
  await Promise.all(Array.from({ length: Math.min(FLIGHT, jobs) }, filler))
}

/** @param {Place} place */
const base = ({ url, prefix }) => ({
  backend: {
    driver: '@sidequest/postgres-backend',
    config: {
      connection: url,
      searchPath: [prefix],
      pool: { min: 2, max: POOL },
      // An engine that was stopped may wait as long for a connection that it no longer gets, and holds its process that long.
      acquireConnectionTimeout: 10_000,
    },
  },
  logger: { level: 'error' },
  skipMigration: true,
  // A party is ended by its parent.
  gracefulShutdown: false,
})

/**
 * @param {Place} place
 * @param {object} [options]
 */
async function enter(place, options) {
  users += 1
  await Sidequest.configure({ ...base(place), ...options })
}

async function leave() {
  users -= 1
  if (users === 0) await Sidequest.stop()
}

/** @param {Work} work */
function configuration({ as, kind, queues = ['default'], limit, threads = limit }) {
  const queued = (/** @type {number | undefined} */ concurrency) => queues.map((name) => ({ name, ...(concurrency && { concurrency }) }))
  if (as === 'defaults') return { queues: queued(limit), ...(limit && { maxConcurrentJobs: limit }) }
  if (kind === 'cpu') {
    // So many more than threads wait in their pool, as it pauses whenever there is no room for another job.
    const maxConcurrentJobs = 10 * (threads ?? 1)
    return { queues: queued(maxConcurrentJobs), maxConcurrentJobs, minThreads: threads, maxThreads: threads, jobPollingInterval: 10 }
  }
  const concurrency = limit ?? 50
  // Each queue is asked for at each interval.
  const jobPollingInterval = queues.length > 1 ? 100 : 10
  return { runner: 'inline', fork: false, queues: queued(concurrency), maxConcurrentJobs: concurrency, jobPollingInterval }
}

/**
 * Hears from jobs of other processes when they began.
 * @param {Work} work
 */
async function listen({ began = () => {} }) {
  const server = createServer((socket) => {
    createInterface({ input: socket.unref() }).on('line', (line) => {
      const [n, at] = line.split(' ')
      began(Number(n), BigInt(String(at)))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  process.env.ERAM_BENCH_SIDEQUEST = String(port)
  return server.unref()
}
