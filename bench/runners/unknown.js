// A node that has nothing to do, and then a few jobs from another connection.
import { setTimeout as pause } from 'node:timers/promises'
import { EramEngine } from '../../index.js'
import '../jobs.js'
import { serverClock } from '../lib/cpu.js'
import { serve } from '../lib/runner.js'
import { quantile } from '../lib/stats.js'
import { connect } from '../lib/stores.js'

/** What follows from the start, and the time between two jobs, in milliseconds. */
const [SETTLE, BETWEEN] = [3000, 250]

serve(async ({ target, pid, idle, jobs }) => {
  const client = await connect(target)
  const engine = await EramEngine.start({ ...target, queues: { default: 10 }, logger: false })
  const channel = new BroadcastChannel('eram bench')
  /** @type {(began: bigint) => void} */
  let onBegan = () => {}
  channel.onmessage = (event) => onBegan(/** @type {any} */ (event).data.began)
  return {
    async run() {
      await pause(SETTLE)
      const clock = serverClock(pid)
      await pause(idle * 1000)
      const micros = clock(1)
      const times = []
      for (let n = 0; n < jobs; n++) {
        /** @type {Promise<bigint>} */
        const begun = new Promise((resolve) => {
          onBegan = resolve
        })
        const called = process.hrtime.bigint()
        await client.query('SELECT eram_enqueue($1)', [JSON.stringify({ worker: 'Timed', args: { n } })])
        times.push(Number((await begun) - called) / 1e6)
        await pause(BETWEEN)
      }
      const store = micros === null || idle === 0 ? null : (micros / 1e6 / idle) * 100
      return { store, p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
    },
    async close() {
      channel.close()
      await Promise.all([client.end(), engine.stop()])
    },
  }
})
