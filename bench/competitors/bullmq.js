// BullMQ on Redis and on PostgreSQL: the same classes with another backend. Tuned as its guide describes (https://docs.bullmq.io/guide:
// "Workers: Concurrency", "Workers: Auto-removal of jobs", "Connections"; https://docs.bullmq.io/guide/postgresql: "Tuning tips", except
// synchronous_commit = off, as every competitor's commits are durable); defaults are those of its quick start.
import { drop } from '../lib/stores.js'
import { chunks, performer, theirs } from './shared.js'

/** @import { Args, Competitor } from './index.js' */
/** @import { Target } from '../lib/stores.js' */
/** @typedef {{ backend: any, options: object, close: () => Promise<unknown> }} Connection */

const CHUNK = 1000
const FLIGHT = 4
const POOL = 20
/** Keys that one step of a scan of Redis looks at. */
const PAGE = 5000
const QUEUE = 'default'
const CONFIGURATIONS = { tuned: { concurrency: 100, removeOnComplete: { count: 0 } }, defaults: { concurrency: 1 } }
const SETTINGS = { tuned: 'concurrency 100, removes finished jobs', defaults: 'concurrency 1, keeps finished jobs' }
const IN_MEMORY = 'Redis in memory only (no save, no AOF)'

const { Queue, Worker, createPostgresBackend, createRedisBackend } = await theirs('bullmq')
const { Redis } = await theirs('ioredis')

/** @param {Target} target */
const pool = ({ url, prefix }) => ({ connectionString: url, schema: prefix, max: POOL })

/** @type {Competitor} */
export const onPostgres = {
  ...common((target) => ({ backend: createPostgresBackend, options: { connection: pool(target) }, close: async () => {} })),
  name: 'bullmq-postgres',
  store: 'postgresql',
  settings: { tuned: `${SETTINGS.tuned}, pool of ${POOL}`, defaults: SETTINGS.defaults },
  cannot: { transactions: 'its backend gives the caller no access to a connection or transaction' },
  drainAtMost: { tuned: 30_000, defaults: 5000 },
  async create(target) {
    const backend = createPostgresBackend(QUEUE, { connection: { ...pool(target), migrate: true } })
    await backend.waitUntilReady()
    await backend.close()
  },
  async destroy(target) {
    await forget(target)
    await drop(target)
  },
}

/** All queues and workers of a process share a connection, except the one that each worker blocks on. @type {Competitor} */
export const onRedis = {
  ...common(({ redis, prefix }) => {
    const connection = new Redis(redis, { maxRetriesPerRequest: null })
    return { backend: createRedisBackend, options: { connection, prefix }, close: () => connection.quit() }
  }),
  name: 'bullmq-redis',
  store: 'redis',
  settings: { tuned: `${SETTINGS.tuned}; ${IN_MEMORY}`, defaults: `${SETTINGS.defaults}; ${IN_MEMORY}` },
  cannot: { transactions: 'its store is not that of the transaction' },
  drainAtMost: { tuned: 100_000, defaults: 20_000 },
  create: async () => {},
  async destroy(target) {
    await forget(target)
    const client = new Redis(target.redis)
    for await (const keys of client.scanStream({ match: `${target.prefix}:*`, count: PAGE })) if (keys.length > 0) await client.unlink(keys)
    await client.quit()
  },
}

/** This process's queues for unfinished(), by prefix. @type {Map<string, ReturnType<typeof open>>} */
const inspected = new Map()

/** @param {Target} target */
async function forget({ prefix }) {
  const opening = inspected.get(prefix)
  inspected.delete(prefix)
  await (await opening)?.close()
}

/** A queue with its connection. @param {Connection} connection */
async function open({ options, backend, close }) {
  const queue = new Queue(QUEUE, options, backend)
  await queue.waitUntilReady()
  const bulk = (/** @type {Args[]} */ all) => queue.addBulk(all.map((data) => ({ name: 'job', data })))
  return { queue, bulk, close: () => queue.close().then(close) }
}

/** @param {(target: Target) => Connection} connect @returns {Pick<Competitor, 'package' | 'fill' | 'unfinished' | 'work' | 'enqueuer'>} */
function common(connect) {
  return {
    package: 'bullmq',
    async fill(target, load) {
      const { bulk, close } = await open(connect(target))
      const remaining = chunks(load, CHUNK)
      const filler = async () => {
        for (const chunk of remaining) await bulk(chunk)
      }
      await Promise.all(Array.from({ length: FLIGHT }, filler))
      await close()
    },
    async unfinished(target) {
      const opening = inspected.get(target.prefix) ?? open(connect(target))
      inspected.set(target.prefix, opening)
      const { queue } = await opening
      return queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized')
    },
    async work(target, work) {
      const { backend, options, close } = connect(target)
      const perform = performer(work)
      const processor = async (/** @type {{ data: any }} */ { data }) => perform(data)
      const settings = { ...options, ...CONFIGURATIONS[work.as] }
      const workers = (work.queues ?? [QUEUE]).map((queue) => new Worker(queue, processor, settings, backend))
      for (const worker of workers) worker.on('error', console.error)
      await Promise.all(workers.map((worker) => worker.waitUntilReady()))
      return {
        async stop() {
          await Promise.all(workers.map((worker) => worker.close()))
          await close()
        },
      }
    },
    async enqueuer(target) {
      const { queue, bulk, close } = await open(connect(target))
      return { one: (args) => queue.add('job', args), bulk, within: null, close }
    },
  }
}
