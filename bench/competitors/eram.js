// EramJS: one job thread for each queue.
import { EramEngine } from '../../index.js'
import { Noop, Timed } from '../jobs.js'
import { clear, drop, fill, inspector, unfinishedOf } from '../lib/stores.js'

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
  async fill(target, { jobs, bytes }) {
    const client = await inspector(target)
    await clear(client)
    await fill(client, jobs, bytes)
  },
  unfinished: async (target) => unfinishedOf(await inspector(target)),
  work,
  async enqueuer({ url, prefix }, { kind }) {
    const own = working ? null : await EramEngine.start({ url, prefix, logger: false })
    const job = /** @type {typeof Noop} */ (CLASSES[kind])
    return {
      one: (args) => job.enqueue(args),
      bulk: (all) => EramEngine.enqueueAll(all.map((args) => job.new(args))),
      within: (client, args) => job.enqueue(args, { tx: client }),
      close: async () => own?.stop(),
    }
  },
}

/** @param {Target} target @param {Work} work */
async function work({ url, prefix }, { as, queues = ['default'], limit = LIMITS[as], began, paused = false }) {
  const served = Object.fromEntries(queues.map((queue) => [queue, { limit, paused }]))
  const engine = await EramEngine.start({ url, prefix, queues: served, logger: false })
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
