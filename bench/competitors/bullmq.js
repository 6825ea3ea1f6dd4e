// BullMQ on Redis and on PostgreSQL: the same classes with another backend. Tuned as its guide describes (https://docs.bullmq.io/guide:
// "Workers: Concurrency", "Workers: Auto-removal of jobs", "Connections"; https://docs.bullmq.io/guide/postgresql: "Tuning tips", except
// synchronous_commit = off, as every competitor's commits are durable); defaults are those of its quick start.
import { drop, inspector, payload, settle } from '../lib/stores.js'
import { performer, theirs } from './other.js'

/** @import { QueryResult } from 'pg' */
/** @import { Competitor, Load, Work } from './index.js' */
/** @import { Target } from '../lib/stores.js' */
/** @typedef {{ backend: any, options: object, close: () => Promise<unknown> }} Connection */

const CHUNK = 1000
const FLIGHT = 4
const POOL = 20
/** Keys that one step of a scan of Redis looks at. */
const PAGE = 5000
const SETTINGS = { tuned: 'concurrency 100, removes finished jobs', defaults: 'concurrency 1, keeps finished jobs' }
const IN_MEMORY = 'Redis in memory only (no save, no AOF)'
const UNFINISHED = `
  SET enable_seqscan = off;
  SELECT FROM job WHERE state = 'waiting' ORDER BY queue DESC, priority DESC, seq DESC LIMIT 1;
  SELECT FROM job WHERE state IN ('active', 'delayed') LIMIT 1`

const { Queue, Worker, createPostgresBackend, createRedisBackend } = await theirs('bullmq')
const { Redis } = await theirs('ioredis')

/** @param {Target} target */
const pool = ({ url, prefix }) => ({ connectionString: url, schema: prefix, max: POOL })

/** @param {Target} target @returns {any} */
const redis = ({ redis }) => new Redis(redis, { maxRetriesPerRequest: null })

/** @type {Competitor} */
export const onPostgres = {
  name: 'bullmq-postgres',
  store: 'postgresql',
  package: 'bullmq',
  settings: { tuned: `${SETTINGS.tuned}, pool of ${POOL}`, defaults: SETTINGS.defaults },
  cannot: { transactions: 'its backend gives the caller no access to a connection or transaction' },
  drainAtMost: { tuned: 30_000, defaults: 5000 },
  async create(target) {
    const backend = createPostgresBackend('default', { connection: { ...pool(target), migrate: true } })
    await backend.waitUntilReady()
    await backend.close()
  },
  destroy: drop,
  async unfinished(target) {
    const client = await inspector(target)
    const [, waiting, begun] = /** @type {QueryResult[]} */ (/** @type {unknown} */ (await client.query(UNFINISHED)))
    return Number(waiting?.rows.length) + Number(begun?.rows.length)
  },
  ...common((target) => ({ backend: createPostgresBackend, options: { connection: pool(target) }, close: async () => {} }), settle),
}

/** All queues and workers of a process share a connection, except the one that each worker blocks on. @type {Competitor} */
export const onRedis = {
  name: 'bullmq-redis',
  store: 'redis',
  package: 'bullmq',
  settings: { tuned: `${SETTINGS.tuned}; ${IN_MEMORY}`, defaults: `${SETTINGS.defaults}; ${IN_MEMORY}` },
  cannot: { transactions: 'its store is not that of the transaction' },
  drainAtMost: { tuned: 100_000, defaults: 20_000 },
  create: async () => {},
  async destroy(target) {
    const client = redisInspector(target)
    inspectors.delete(target.prefix)
    for await (const keys of client.scanStream({ match: `${target.prefix}:*`, count: PAGE })) {
      if (keys.length > 0) await client.unlink(keys)
    }
    await client.quit()
  },
  async unfinished(target) {
    const left = await waiting(target, 'default')
    if (left > 0) return left
    // Asked once few keys are left: before that, it would block Redis.
    const keys = await redisInspector(target).keys(`${target.prefix}:*:meta`)
    const queues = keys.map((/** @type {string} */ key) => key.slice(target.prefix.length + 1, -':meta'.length))
    const counts = await Promise.all(queues.map((/** @type {string} */ queue) => waiting(target, queue)))
    return counts.reduce((sum, count) => sum + count, 0)
  },
  ...common((target) => {
    const connection = redis(target)
    return { backend: createRedisBackend, options: { connection, prefix: target.prefix }, close: () => connection.quit() }
  }),
}

/** This process's connections for unfinished(), by prefix. @type {Map<string, any>} */
const inspectors = new Map()

/** @param {Target} target */
function redisInspector(target) {
  const client = inspectors.get(target.prefix) ?? redis(target)
  inspectors.set(target.prefix, client)
  return client
}

/** @param {Target} target @param {string} queue @returns {Promise<number>} */
async function waiting(target, queue) {
  const key = `${target.prefix}:${queue}`
  const counts = await redisInspector(target)
    .multi()
    .llen(`${key}:wait`)
    .llen(`${key}:active`)
    .zcard(`${key}:delayed`)
    .zcard(`${key}:prioritized`)
    .exec()
  return counts.reduce((/** @type {number} */ sum, /** @type {[Error | null, number]} */ [error, count]) => {
    if (error) throw error
    return sum + count
  }, 0)
}

/**
 * @param {(target: Target) => Connection} connect
 * @param {(target: Target) => Promise<void>} [afterFill]
 * @returns {Pick<Competitor, 'fill' | 'work' | 'enqueuer'>}
 */
function common(connect, afterFill = async () => {}) {
  return {
    async fill(target, load) {
      await fill(connect(target), load)
      await afterFill(target)
    },
    async work(target, work) {
      const connection = connect(target)
      const perform = performer(work)
      const processor = async (/** @type {{ data: any }} */ { data }) => perform(data)
      const options = { ...connection.options, ...configuration(work) }
      const workers = (work.queues ?? ['default']).map((queue) => new Worker(queue, processor, options, connection.backend))
      for (const worker of workers) worker.on('error', console.error)
      await Promise.all(workers.map((worker) => worker.waitUntilReady()))
      return {
        async stop() {
          await Promise.all(workers.map((worker) => worker.close()))
          await connection.close()
        },
      }
    },
    async enqueuer(target) {
      const connection = connect(target)
      const queue = new Queue('default', connection.options, connection.backend)
      await queue.waitUntilReady()
      return {
        one: (args) => queue.add('job', args),
        bulk: (all) => queue.addBulk(all.map((data) => ({ name: 'job', data }))),
        within: null,
        async close() {
          await queue.close()
          await connection.close()
        },
      }
    },
  }
}

/** @param {Connection} connection @param {Load} load */
async function fill(connection, { jobs, bytes }) {
  const queue = new Queue('default', connection.options, connection.backend)
  let next = 0
  const filler = async () => {
    while (next < jobs) {
      const first = next
      next += CHUNK
      const length = Math.min(CHUNK, jobs - first)
      await queue.addBulk(Array.from({ length }, (_, i) => ({ name: 'job', data: payload(first + i + 1, bytes) })))
    }
  }
  await Promise.all(Array.from({ length: FLIGHT }, filler))
  await queue.close()
  await connection.close()
}

/** @param {Work} work */
const configuration = ({ as, limit }) =>
  as === 'defaults' ? { concurrency: limit ?? 1 } : { concurrency: limit ?? 100, removeOnComplete: { count: 0 } }
