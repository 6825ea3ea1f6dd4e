// BullMQ on PostgreSQL: see ../lib/bullmq.js, and for the backend https://docs.bullmq.io/guide/postgresql ("Getting started",
// "Schema", "Tuning tips": a pool as large as the concurrency can use, and jobs that are done removed). That page names
// synchronous_commit = off as well, which is not done here: every contender's commits are safe on the same server.

import { bullmq, createPostgresBackend } from '../lib/bullmq.js'
import { drop, look } from '../lib/database.js'
import { settle } from '../lib/settle.js'

/** @import { QueryResult } from 'pg' */
/** @import { Contender } from './index.js' */
/** @import { Place } from '../lib/database.js' */

const POOL = 20
const UNFINISHED = `
  SET enable_seqscan = off;
  SELECT FROM job WHERE state = 'waiting' ORDER BY queue DESC, priority DESC, seq DESC LIMIT 1;
  SELECT FROM job WHERE state IN ('active', 'delayed') LIMIT 1`

const { put, ...same } = bullmq(async (place) => ({
  backend: createPostgresBackend,
  options: { connection: connection(place) },
  close: async () => {},
}))

/** @type {Contender} */
export const contender = {
  name: 'bullmq-postgres',
  store: 'postgresql',
  package: 'bullmq',
  settings: {
    tuned: 'concurrency 100, pool of 20, removes jobs that are done',
    defaults: 'concurrency 1, keeps jobs that are done',
    cpu: 'sandboxed processor on worker threads, as many at once as cores are to be used',
  },
  cannot: { transactions: 'its backend shows no connection or transaction to the caller' },
  drainAtMost: { tuned: 30_000, defaults: 5000 },
  async create(place) {
    const backend = createPostgresBackend('default', { connection: { ...connection(place), migrate: true } })
    await backend.waitUntilReady()
    await backend.close()
  },
  destroy: drop,
  async fill(place, load) {
    await put(place, load)
    await settle(place)
  },
  async unfinished(place) {
    const client = await look(place)
    const [, waiting, begun] = /** @type {QueryResult[]} */ (/** @type {unknown} */ (await client.query(UNFINISHED)))
    return Number(waiting?.rows.length) + Number(begun?.rows.length)
  },
  ...same,
}

/** @param {Place} place */
const connection = ({ url, prefix }) => ({ connectionString: url, schema: prefix, max: POOL })
