// One job after the other on an idle worker of any competitor: how long from the call to the start of perform.
import { setTimeout as pause } from 'node:timers/promises'
import { load } from '../competitors/index.js'
import { serve } from '../lib/runner.js'
import { quantile } from '../lib/stats.js'
import { connect } from '../lib/stores.js'

/** The first jobs pay for what is loaded and compiled. */
const WARM_UP = 20

serve(async ({ competitor: name, target, jobs, rest, within, seconds }) => {
  const competitor = await load(name)
  /** @type {(n: number, began: bigint) => void} */
  let onBegan = () => {}
  const working = await competitor.work(target, { as: 'tuned', kind: 'timed', began: (n, began) => onBegan(n, began) })
  const enqueuer = await competitor.enqueuer(target, { kind: 'timed', wakes: true })
  const client = within ? await connect(target) : null

  /** @param {number} n @returns {Promise<number>} milliseconds */
  async function once(n) {
    /** @type {Promise<bigint>} */
    const begun = new Promise((resolve) => {
      onBegan = (other, began) => other === n && resolve(began)
    })
    await client?.query('BEGIN')
    if (client) await enqueuer.within?.(client, { n })
    // In a transaction, the job is not visible before the commit.
    const called = process.hrtime.bigint()
    await (client ? client.query('COMMIT') : enqueuer.one({ n }))
    return Number((await begun) - called) / 1e6
  }

  for (let n = 1; n <= WARM_UP; n++) await once(-n)
  return {
    async run() {
      const times = []
      const end = performance.now() + seconds * 1000
      for (let n = 1; n <= jobs && performance.now() < end; n++) {
        // At any moment of a queue's going to sleep.
        if (rest > 0) await pause(Math.random() * rest)
        times.push(await once(n))
      }
      return { jobs: times.length, p50: quantile(times, 0.5), p95: quantile(times, 0.95), p99: quantile(times, 0.99) }
    },
    async close() {
      await enqueuer.close()
      await Promise.all([client?.end(), working.stop()])
    },
  }
})
