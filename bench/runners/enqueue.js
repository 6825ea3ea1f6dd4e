// Enqueues as fast as possible for some time, in one of four ways, with any competitor; no worker runs here.
import { load } from '../competitors/index.js'
import { serve } from '../lib/runner.js'
import { connect, payload } from '../lib/stores.js'

/** Several callers repeat a call, each of which enqueues some jobs. @typedef {{ callers: number, jobs: number, call: (caller: number) => Promise<unknown> }} Way */

serve(async ({ competitor: name, target, way, size, seconds, wakes }) => {
  const enqueuer = await (await load(name)).enqueuer(target, { kind: 'noop', wakes })
  const args = payload(1)
  const all = Array(size).fill(args)
  const clients = way === 'transactions' ? await Promise.all(all.map(() => connect(target))) : []

  /** @param {number} caller */
  async function transaction(caller) {
    const client = /** @type {import('pg').Client} */ (clients[caller])
    await client.query('BEGIN')
    await enqueuer.within?.(client, args)
    await client.query('COMMIT')
  }

  /** @type {Record<string, Way>} */
  const ways = {
    one: { callers: 1, jobs: 1, call: () => enqueuer.one(args) },
    flight: { callers: size, jobs: 1, call: () => enqueuer.one(args) },
    bulk: { callers: 1, jobs: size, call: () => enqueuer.bulk(all) },
    transactions: { callers: size, jobs: 1, call: transaction },
  }
  const { callers, jobs, call } = /** @type {Way} */ (ways[way])

  /** @param {number} seconds */
  async function repeat(seconds) {
    const began = performance.now()
    const end = began + seconds * 1000
    let calls = 0
    const caller = async (/** @type {number} */ number) => {
      for (; performance.now() < end; calls++) await call(number)
    }
    await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)))
    return { jobs: calls * jobs, rate: ((calls * jobs) / (performance.now() - began)) * 1000 }
  }

  await repeat(seconds / 5)
  return {
    run: () => repeat(seconds),
    close: () => Promise.all([...clients.map((client) => client.end()), enqueuer.close()]),
  }
})
