// pg-boss. Tuned as its documentation describes (https://pgboss.io/api/workers: batchSize, localConcurrency, burstWhenBatchFull,
// "Low-latency dispatch with LISTEN/NOTIFY"; https://pgboss.io/api/queues: partition); defaults are those of its readme.
import { drop, inspector, payload, settle } from '../lib/stores.js'
import { performer, theirs } from './other.js'

/** @import { Client, QueryResult } from 'pg' */
/** @import { Competitor, Work } from './index.js' */
/** @import { Target } from '../lib/stores.js' */

const CHUNK = 10_000
const WORKERS = 4
const BATCH = 1000
const QUEUE = 'default'
const NOTIFIED = 'up to 1,000 jobs per call of the handler, 4 local workers, a partition for the queue, LISTEN and NOTIFY'
// From the end of its index, where the last job is: left to itself, the planner would read the whole table.
const UNFINISHED = `
  SET enable_seqscan = off;
  SELECT FROM job WHERE state IN ('created', 'retry', 'active')
  ORDER BY name DESC, state DESC, blocked DESC, start_after DESC LIMIT 1`

const { PgBoss } = await theirs('pg-boss')

/** @type {Competitor} */
export const pgBoss = {
  name: 'pg-boss',
  store: 'postgresql',
  package: 'pg-boss',
  settings: {
    tuned: 'up to 1,000 jobs per call of the handler, 4 local workers, a partition for the queue, bursts while batches are full',
    defaults: 'one job at a time, polls every 2 s',
    latency: NOTIFIED,
    sustained: NOTIFIED,
  },
  cannot: {},
  drainAtMost: { tuned: Number.POSITIVE_INFINITY, defaults: 5 },
  create: (target) => withBoss(target, { migrate: true, createSchema: true }, (boss) => boss.createQueue(QUEUE, { partition: true })),
  destroy: drop,
  async fill(target, { jobs, bytes }) {
    await withBoss(target, {}, async (boss) => {
      await ensure(boss, [QUEUE])
      for (let n = 0; n < jobs; n += CHUNK) {
        const length = Math.min(CHUNK, jobs - n)
        await boss.insert(
          QUEUE,
          Array.from({ length }, (_, i) => ({ data: payload(n + i + 1, bytes) })),
        )
      }
    })
    await settle(target)
  },
  async unfinished(target) {
    const client = await inspector(target)
    const [, { rows } = { rows: [] }] = /** @type {QueryResult[]} */ (/** @type {unknown} */ (await client.query(UNFINISHED)))
    return rows.length
  },
  async work(target, work) {
    const { queues = [QUEUE], kind, as } = work
    const isNotified = as === 'tuned' && kind === 'timed'
    const boss = await started(target, { useListenNotify: isNotified })
    await ensure(boss, queues, isNotified)
    const perform = performer(work)
    const handler = async (/** @type {{ data: any }[]} */ jobs) => {
      for (const { data } of jobs) perform(data)
    }
    await Promise.all(queues.map((queue) => boss.work(queue, configuration(work), handler)))
    return { stop: () => boss.stop({ graceful: true, timeout: 10_000 }) }
  },
  async enqueuer(target, { wakes }) {
    const boss = await started(target, { max: 50 })
    await ensure(boss, [QUEUE], wakes)
    return {
      one: (args) => boss.send(QUEUE, args),
      bulk: (all) =>
        boss.insert(
          QUEUE,
          all.map((data) => ({ data })),
        ),
      // https://pgboss.io/api/adapters
      within: (client, args) => boss.send(QUEUE, args, { db: adapter(client) }),
      close: () => boss.stop({ graceful: false }),
    }
  },
}

/** @param {Client} client */
const adapter = (client) => ({ executeSql: (/** @type {string} */ text, /** @type {unknown[]} */ values) => client.query(text, values) })

/** @param {Work} work */
function configuration({ as, limit }) {
  if (as === 'defaults') return limit === undefined ? {} : { localConcurrency: limit }
  const localConcurrency = Math.min(WORKERS, limit ?? WORKERS)
  // A batch of one is followed by a pause, however many jobs there are.
  const batchSize = limit === undefined ? BATCH : Math.max(2, Math.ceil(limit / localConcurrency))
  return { localConcurrency, batchSize, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 }
}

/** @param {Target} target @param {object} [options] */
async function started({ url, prefix }, options) {
  const boss = new PgBoss({ connectionString: url, schema: prefix, migrate: false, createSchema: false, ...options })
  boss.on('error', console.error)
  await boss.start()
  return boss
}

/** @param {Target} target @param {object} options @param {(boss: any) => Promise<unknown>} task */
async function withBoss(target, options, task) {
  const boss = await started(target, { supervise: false, schedule: false, ...options })
  try {
    await task(boss)
  } finally {
    await boss.stop({ graceful: false })
  }
}

/** Creates missing queues, and makes all of them notify if asked to. @param {any} boss @param {string[]} queues @param {boolean} [notify] */
async function ensure(boss, queues, notify = false) {
  const known = new Set((await boss.getQueues()).map((/** @type {{ name: string }} */ { name }) => name))
  for (const queue of queues) {
    if (!known.has(queue)) await boss.createQueue(queue, { notify })
    else if (notify) await boss.updateQueue(queue, { notify })
  }
}
