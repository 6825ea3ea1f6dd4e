// BullMQ, on whichever store: the same classes, given a backend. Tuned as its guide says (https://docs.bullmq.io/guide): "Workers:
// Concurrency", "Workers: Auto-removal of jobs", "Connections: Reusing an ioredis connection", "Sandboxed processors: Worker
// Threads". Defaults are those of its quick start, `new Worker(name, processor, { connection })`.

import { peer } from '../peers/index.js'
import { payload } from './payload.js'
import { performer } from './perform.js'

/** @import { Contender, Load, Work } from '../contenders/index.js' */
/** @import { Place } from './database.js' */

const CHUNK = 1000
const FLIGHT = 4
const SANDBOXED = new URL('../contenders/processors/bullmq.js', import.meta.url)

export const { Queue, Worker, createPostgresBackend, createRedisBackend } = await peer('bullmq')

/**
 * How it is reached: the backend, and options that name a place, made for one use and let go after it.
 * @typedef {{ backend: any, options: object, close: () => Promise<void> }} Reach
 * @typedef {(place: Place, connections?: number) => Promise<Reach>} Connect
 */

/**
 * What both stores have in common.
 * @param {Connect} connect
 * @returns {Pick<Contender, 'work' | 'enqueuer'> & { put: Contender['fill'] }}
 */
export function bullmq(connect) {
  return {
    put: (place, load) => put(connect, place, load),
    async work(place, work) {
      const reach = await connect(place)
      const { queues = ['default'], done = () => {} } = work
      const { processor, ...options } = configuration(work)
      const workers = queues.map((queue) => new Worker(queue, processor, { ...reach.options, ...options }, reach.backend))
      for (const worker of workers) {
        worker.on('error', console.error)
        if (processor === SANDBOXED) worker.on('completed', done)
      }
      await Promise.all(workers.map((worker) => worker.waitUntilReady()))
      return {
        async stop() {
          await Promise.all(workers.map((worker) => worker.close()))
          await reach.close()
        },
      }
    },
    async enqueuer(place, { queue: name = 'default' }) {
      const reach = await connect(place)
      const queue = new Queue(name, reach.options, reach.backend)
      await queue.waitUntilReady()
      return {
        one: (args) => queue.add('job', args),
        bulk: (all) => queue.addBulk(all.map((data) => ({ name: 'job', data }))),
        within: null,
        async close() {
          await queue.close()
          await reach.close()
        },
      }
    },
  }
}

/**
 * @param {Connect} connect
 * @param {Place} place
 * @param {Load} load
 */
async function put(connect, place, { jobs, bytes, queue: name = 'default' }) {
  const reach = await connect(place)
  const queue = new Queue(name, reach.options, reach.backend)
  let next = 0
  const filler = async () => {
    while (next < jobs) {
      const first = next
      next += CHUNK
      const size = Math.min(CHUNK, jobs - first)
      await queue.addBulk(Array.from({ length: size }, (_, i) => ({ name: 'job', data: payload(first + i + 1, bytes) })))
    }
  }
  await Promise.all(Array.from({ length: FLIGHT }, filler))
  await queue.close()
  await reach.close()
}

/** @param {Work} work */
function configuration(work) {
  const { as, kind, limit, threads } = work
  const perform = performer(work)
  const here = async (/** @type {{ data: any }} */ { data }) => perform(data)
  if (as === 'defaults') return { processor: here, concurrency: limit ?? 1 }
  const removal = { removeOnComplete: { count: 0 } }
  if (kind === 'cpu') return { processor: SANDBOXED, useWorkerThreads: true, concurrency: threads ?? limit ?? 1, ...removal }
  return { processor: here, concurrency: limit ?? 100, ...removal }
}
