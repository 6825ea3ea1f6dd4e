// EramJS: jobs on threads, one thread for each queue unless more are wanted.

import { EramEngine } from '../../index.js'
import { Busy, Noop, Timed } from '../jobs.js'
import { drop, fill, look } from '../lib/database.js'

/** @import { Contender, Work } from './index.js' */
/** @import { Place } from '../lib/database.js' */

const CLASSES = { noop: Noop, timed: Timed, cpu: Busy }
const LIMIT = { tuned: 100, defaults: 10 }
const AT_HAND = 10

/** The engine of this process that works, through which it then enqueues as well. @type {EramEngine | undefined} */
let working

/** @type {Contender} */
export const contender = {
  name: 'eram',
  store: 'postgresql',
  package: 'eramjs',
  settings: {
    tuned: 'limit 100, one job thread, history kept',
    defaults: 'limit 10 and nothing else, history kept',
    cpu: 'as many threads as cores are to be used, and a limit of ten jobs for each: who has done one has the next at hand',
  },
  cannot: {},
  create: ({ url, prefix }) => EramEngine.migrate({ url, prefix }),
  destroy: drop,
  async fill(place, { jobs, bytes, queue }) {
    await fill(await look(place), jobs, { bytes, queue })
  },
  unfinished,
  poised: (place, work) => start(place, work, true),
  work: (place, work) => start(place, work, false),
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

/**
 * @param {Place} place
 * @param {Work} work
 * @param {boolean} paused
 */
async function start({ url, prefix }, { as, kind, queues = ['default'], limit = LIMIT[as], threads = 1, began }, paused) {
  const options = { limit: kind === 'cpu' ? threads * AT_HAND : limit, threads, paused }
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

/**
 * Looks at the last jobs only until those are done: a look at the whole table would take its share of what is measured.
 * @param {Place} place
 */
async function unfinished(place) {
  const client = await look(place)
  const { rows: all } = await client.query('SELECT coalesce(max(id), 0)::int8 AS last FROM eram_jobs')
  for (const few of [100, 5000, Number(all[0].last)]) {
    // No parameter: its plan would not know that these are few.
    const { rows } = await client.query(
      `SELECT EXISTS (SELECT FROM eram_jobs WHERE id > ${Number(all[0].last) - few} AND state NOT IN ('completed', 'cancelled', 'discarded')) AS some`,
    )
    if (rows[0].some) return 1
  }
  return 0
}
