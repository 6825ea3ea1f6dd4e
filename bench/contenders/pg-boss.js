// pg-boss. Tuned as its pages on workers, queues and the constructor offer it (https://pgboss.io/api/workers: batchSize,
// localConcurrency, burstWhenBatchFull, "Low-latency dispatch with LISTEN/NOTIFY"; https://pgboss.io/api/queues: partition);
// defaults are those of its readme, `boss.work(queue, handler)`.

import { setImmediate as immediate } from 'node:timers/promises'
import { drop, look } from '../lib/database.js'
import { payload } from '../lib/payload.js'
import { performer } from '../lib/perform.js'
import { settle } from '../lib/settle.js'
import { peer } from '../peers/index.js'

/** @import { Client, QueryResult } from 'pg' */
/** @import { Contender, Work } from './index.js' */
/** @import { Place } from '../lib/database.js' */

const CHUNK = 10_000
const WORKERS = 4
const BATCH = 1000
const FEW = 10
const HEARD = 'up to 1,000 jobs to a call of the handler, 4 local workers, a partition of its own for the queue, LISTEN and NOTIFY'
const UNFINISHED = `
  SET enable_seqscan = off;
  SELECT FROM job WHERE state IN ('created', 'retry', 'active')
  ORDER BY name DESC, state DESC, blocked DESC, start_after DESC LIMIT 1`

const { PgBoss } = await peer('pg-boss')

/** @type {Contender} */
export const contender = {
  name: 'pg-boss',
  store: 'postgresql',
  package: 'pg-boss',
  settings: {
    tuned:
      'up to 1,000 jobs to a call of the handler, 4 local workers, a partition of its own for the queue, bursts while batches are full',
    defaults: 'a job at a time, polls every 2 s',
    latency: HEARD,
    sustained: HEARD,
    cpu: 'up to 10 jobs to a call of the handler, which lets others run between them; as many local workers as jobs at once, 4 at most',
  },
  cannot: {},
  drainAtMost: { tuned: Number.POSITIVE_INFINITY, defaults: 5 },
  create: (place) => withBoss(place, { migrate: true, createSchema: true }, (boss) => boss.createQueue('default', { partition: true })),
  destroy: drop,
  async fill(place, { jobs, bytes, queue = 'default' }) {
    await withBoss(place, {}, async (boss) => {
      await open(boss, [queue])
      for (let n = 0; n < jobs; n += CHUNK) {
        const chunk = Array.from({ length: Math.min(CHUNK, jobs - n) }, (_, i) => ({ data: payload(n + i + 1, bytes) }))
        await boss.insert(queue, chunk)
      }
    })
    await settle(place)
  },
  async unfinished(place) {
    const client = await look(place)
    // From the end of its index, where the last job is: the planner, who does not know that they go, would read the whole table.
    const [, looked] = /** @type {QueryResult[]} */ (/** @type {unknown} */ (await client.query(UNFINISHED)))
    return Number(looked?.rows.length)
  },
  async work(place, work) {
    const { queues = ['default'], kind, as } = work
    const boss = await started(place, { useListenNotify: as === 'tuned' && kind === 'timed' })
    await open(boss, queues, as === 'tuned' && kind === 'timed')
    const perform = performer(work)
    const handler = async (/** @type {{ data: any }[]} */ jobs) => {
      for (const { data } of jobs) {
        perform(data)
        // Between two that keep the thread busy, it looks after all else.
        if (kind === 'cpu') await immediate()
      }
    }
    await Promise.all(queues.map((queue) => boss.work(queue, configuration(work), handler)))
    return { stop: () => boss.stop({ graceful: true, timeout: 10_000 }) }
  },
  async enqueuer(place, { heard, queue = 'default' }) {
    const boss = await started(place, { max: 50 })
    await open(boss, [queue], heard)
    return {
      one: (args) => boss.send(queue, args),
      bulk: (all) =>
        boss.insert(
          queue,
          all.map((data) => ({ data })),
        ),
      // "ORM Transaction Adapters": https://pgboss.io/api/adapters
      within: (client, args) => boss.send(queue, args, { db: adapter(client) }),
      close: () => boss.stop({ graceful: false }),
    }
  },
}

/** @param {Client} client */
const adapter = (client) => ({ executeSql: (/** @type {string} */ text, /** @type {unknown[]} */ values) => client.query(text, values) })

/**
 * @param {Work} work
 */
function configuration({ as, kind, limit }) {
  if (as === 'defaults') return limit === undefined ? {} : { localConcurrency: limit }
  const localConcurrency = Math.min(WORKERS, limit ?? WORKERS)
  // A batch of one would be followed by a pause, however many jobs there are.
  const most = kind === 'cpu' ? FEW : BATCH
  const batchSize = limit === undefined || kind === 'cpu' ? most : Math.max(2, Math.ceil(limit / localConcurrency))
  return { localConcurrency, batchSize, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 }
}

/**
 * @param {Place} place
 * @param {object} [options]
 */
async function started({ url, prefix }, options) {
  const boss = new PgBoss({ connectionString: url, schema: prefix, migrate: false, createSchema: false, ...options })
  boss.on('error', console.error)
  await boss.start()
  return boss
}

/**
 * @param {Place} place
 * @param {object} options
 * @param {(boss: any) => Promise<unknown>} task
 */
async function withBoss(place, options, task) {
  const boss = await started(place, { supervise: false, schedule: false, ...options })
  try {
    await task(boss)
  } finally {
    await boss.stop({ graceful: false })
  }
}

/**
 * Queues are created before they are used.
 * @param {any} boss
 * @param {string[]} queues
 * @param {boolean} [notify] who wants it says so; who does not leaves it as it is
 */
async function open(boss, queues, notify = false) {
  const known = new Set((await boss.getQueues()).map((/** @type {{ name: string }} */ { name }) => name))
  for (const queue of queues) {
    if (!known.has(queue)) await boss.createQueue(queue, { notify })
    else if (notify) await boss.updateQueue(queue, { notify })
  }
}
