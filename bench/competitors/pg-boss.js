// pg-boss. Tuned as its documentation describes (https://pgboss.io/api/workers: batchSize, localConcurrency, burstWhenBatchFull,
// "Low-latency dispatch with LISTEN/NOTIFY"; https://pgboss.io/api/queues: partition); defaults are those of its readme.
import { drop, inspector } from '../lib/stores.js'
import { chunks, performer, theirs } from './shared.js'

/** @import { Client, QueryResult } from 'pg' */
/** @import { Args, Competitor } from './index.js' */
/** @import { Target } from '../lib/stores.js' */

const CHUNK = 10_000
const CONFIGURATIONS = {
  tuned: { localConcurrency: 4, batchSize: 1000, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 },
  defaults: {},
}
const QUEUE = 'default'
/** Without its maintenance. */
const ALONE = { supervise: false, schedule: false }
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
  async create(target) {
    const boss = await started(target, { ...ALONE, migrate: true, createSchema: true })
    await boss.createQueue(QUEUE, { partition: true })
    await boss.stop({ graceful: false })
  },
  destroy: drop,
  async fill(target, load) {
    const boss = await started(target, ALONE)
    for (const chunk of chunks(load, CHUNK)) await insert(boss, chunk)
    await boss.stop({ graceful: false })
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
    await Promise.all(queues.map((queue) => boss.work(queue, CONFIGURATIONS[as], handler)))
    return { stop: () => boss.stop({ graceful: true, timeout: 10_000 }) }
  },
  async enqueuer(target, { wakes }) {
    const boss = await started(target, { max: 50 })
    await ensure(boss, [QUEUE], wakes)
    return {
      one: (args) => boss.send(QUEUE, args),
      bulk: (all) => insert(boss, all),
      // https://pgboss.io/api/adapters
      within: (client, args) => boss.send(QUEUE, args, { db: adapter(client) }),
      close: () => boss.stop({ graceful: false }),
    }
  },
}

/** @param {Client} client */
const adapter = (client) => ({ executeSql: (/** @type {string} */ text, /** @type {unknown[]} */ values) => client.query(text, values) })

/** @param {any} boss @param {Args[]} all */
function insert(boss, all) {
  const jobs = all.map((data) => ({ data }))
  return boss.insert(QUEUE, jobs)
}

/** @param {Target} target @param {object} [options] */
async function started({ url, prefix }, options) {
  const boss = new PgBoss({ connectionString: url, schema: prefix, migrate: false, createSchema: false, ...options })
  boss.on('error', console.error)
  await boss.start()
  return boss
}

/** Creates missing queues, and makes all of them notify if asked to. @param {any} boss @param {string[]} queues @param {boolean} notify */
async function ensure(boss, queues, notify) {
  for (const queue of queues) {
    await boss.createQueue(queue)
    if (notify) await boss.updateQueue(queue, { notify })
  }
}
