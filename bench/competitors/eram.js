// EramJS: one job thread for each queue.
import { EramEngine } from '../../index.js'
import { Noop, Timed } from '../jobs.js'
import { drop, fill, inspector } from '../lib/stores.js'

/** @import { Competitor, Work } from './index.js' */
/** @import { Target } from '../lib/stores.js' */

const CLASSES = { noop: Noop, timed: Timed }
const LIMITS = { tuned: 100, defaults: 10 }

/** The engine that works in this process: enqueues use it too. @type {EramEngine | undefined} */
let working

/** @type {Competitor} */
export const eram = {
  name: 'eram',
  store: 'postgresql',
  package: 'eramjs',
  settings: { tuned: 'limit 100, one job thread, history kept', defaults: 'limit 10 and nothing else, history kept' },
  cannot: {},
  create: ({ url, prefix }) => EramEngine.migrate({ url, prefix }),
  destroy: drop,
  fill: async (target, { jobs, bytes }) => fill(await inspector(target), jobs, bytes),
  unfinished,
  prepared: (target, work) => start(target, work, true),
  work: (target, work) => start(target, work, false),
  async enqueuer({ url, prefix }, { kind }) {
    const own = working ? null : await EramEngine.start({ url, prefix })
    const job = /** @type {typeof Noop} */ (CLASSES[kind])
    return {
      one: (args) => job.enqueue(args),
      bulk: (all) => EramEngine.enqueueAll(all.map((args) => job.new(args))),
      within: (client, args) => job.enqueue(args, { tx: client }),
      close: async () => own?.stop(),
    }
  },
}

/** @param {Target} target @param {Work} work @param {boolean} paused */
async function start({ url, prefix }, { as, queues = ['default'], limit = LIMITS[as], threads = 1, began }, paused) {
  const options = { limit, threads, paused }
  const engine = await EramEngine.start({ url, prefix, queues: Object.fromEntries(queues.map((queue) => [queue, options])) })
  const channel = new BroadcastChannel('eram bench')
  channel.onmessage = (event) => {
    const { data } = /** @type {{ data: { n: number, began: bigint } }} */ (/** @type {unknown} */ (event))
    began?.(data.n, data.began)
  }
  working = engine
  return {
    async begin() {
      await Promise.all(queues.map((queue) => engine.resume(queue)))
    },
    async stop() {
      working = undefined
      channel.close()
      await engine.stop()
    },
  }
}

/** Looks at the last jobs only until those are done: reading the whole table would slow down what is measured. @param {Target} target */
async function unfinished(target) {
  const client = await inspector(target)
  const { rows: all } = await client.query('SELECT coalesce(max(id), 0)::int8 AS last FROM eram_jobs')
  for (const few of [100, 5000, Number(all[0].last)]) {
    // Not a parameter: the planner would not know that these are few.
    const { rows } = await client.query(
      `SELECT EXISTS (SELECT FROM eram_jobs WHERE id > ${Number(all[0].last) - few} AND state NOT IN ('completed', 'cancelled', 'discarded')) AS some`,
    )
    if (rows[0].some) return 1
  }
  return 0
}
