// BullMQ on Redis, its first backend: see ../lib/bullmq.js. All queues and workers of a process share a connection, but for the
// one of its own that each worker waits on.

import { bullmq, createRedisBackend } from '../lib/bullmq.js'
import { peer } from '../peers/index.js'

/** @import { Contender } from './index.js' */
/** @import { Place } from '../lib/database.js' */

const { Redis } = await peer('ioredis')
// Keys of one look through them all.
const PAGE = 5000

const { put, ...same } = bullmq(async (place) => {
  const connection = client(place)
  return { backend: createRedisBackend, options: { connection, prefix: place.prefix }, close: () => connection.quit() }
})

/** @type {Contender} */
export const contender = {
  name: 'bullmq-redis',
  store: 'redis',
  package: 'bullmq',
  settings: {
    tuned: 'concurrency 100, removes jobs that are done; Redis in memory only (no save, no AOF)',
    defaults: 'concurrency 1, keeps jobs that are done; Redis in memory only (no save, no AOF)',
    cpu: 'sandboxed processor on worker threads, as many at once as cores are to be used',
  },
  cannot: { transactions: 'its store is not the one of the transaction' },
  drainAtMost: { tuned: 100_000, defaults: 20_000 },
  create: async () => {},
  async destroy(place) {
    const redis = looker(place)
    looking.delete(place.prefix)
    for await (const keys of redis.scanStream({ match: `${place.prefix}:*`, count: PAGE })) {
      if (keys.length > 0) await redis.unlink(keys)
    }
    await redis.quit()
  },
  fill: put,
  async unfinished(place) {
    const left = await waiting(place, 'default')
    if (left > 0) return left
    // Asked when few keys are left: before that, it would hold Redis up.
    const metas = await looker(place).keys(`${place.prefix}:*:meta`)
    const queues = metas.map((/** @type {string} */ key) => key.slice(place.prefix.length + 1, -':meta'.length))
    const all = await Promise.all(queues.map((/** @type {string} */ queue) => waiting(place, queue)))
    return all.reduce((sum, some) => sum + some, 0)
  },
  ...same,
}

/** @param {Place} place @returns {any} */
const client = ({ redis }) => new Redis(redis, { maxRetriesPerRequest: null })

/** The connections of this process for looks. @type {Map<string, any>} */
const looking = new Map()

/** @param {Place} place */
function looker(place) {
  const redis = looking.get(place.prefix) ?? client(place)
  looking.set(place.prefix, redis)
  return redis
}

/**
 * @param {Place} place
 * @param {string} queue
 * @returns {Promise<number>}
 */
async function waiting(place, queue) {
  const key = `${place.prefix}:${queue}`
  const counts = await looker(place)
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
