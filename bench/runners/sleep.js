// An engine that sleeps while it has nothing to do, and jobs that another connection inserts.
import { setTimeout as pause } from 'node:timers/promises'
import { EramEngine } from '../../index.js'
import '../jobs.js'
import { serve } from '../lib/runner.js'
import { quantile } from '../lib/stats.js'
import { connect } from '../lib/stores.js'

/** Until plugins have ended what they had begun, and for how long queries are then counted, in milliseconds. */
const [SETTLE, WATCH] = [2000, 5000]

serve(async ({ target: { url, prefix }, sleeps }) => {
  const client = await connect({ url, prefix })
  const address = new URL(url)
  address.searchParams.set('application_name', 'sleeper')
  const engine = await EramEngine.start({ url: address.href, prefix, queues: { default: 10 }, logger: false, idle: { after: '1s' } })
  const channel = new BroadcastChannel('eram bench')
  /** @type {(began: bigint) => void} */
  let onBegan = () => {}
  channel.onmessage = (event) => onBegan(/** @type {any} */ (event).data.began)

  async function once() {
    const called = process.hrtime.bigint()
    /** @type {Promise<bigint>} */
    const begun = new Promise((resolve) => {
      onBegan = resolve
    })
    await client.query(`SELECT id FROM eram_enqueue_job('{"worker": "Timed", "args": {"n": 1}}')`)
    return Number((await begun) - called) / 1e6
  }

  // The last statement of each connection of the engine.
  const last = async () => {
    const { rows } = await client.query(`SELECT pid, query_start FROM pg_stat_activity WHERE application_name LIKE 'sleeper%' ORDER BY pid`)
    return JSON.stringify(rows)
  }

  // The first job pays for what is loaded and compiled.
  await once()
  return {
    async run() {
      const times = []
      let queries = 0
      for (let n = 0; n < sleeps; n++) {
        if (!(await engine.status()).asleep) await new Promise((resolve) => engine.once('engine:sleep', resolve))
        await pause(SETTLE)
        const before = await last()
        await pause(WATCH)
        if ((await last()) !== before) queries++
        times.push(await once())
      }
      return { p50: quantile(times, 0.5), p95: quantile(times, 0.95), queries }
    },
    async close() {
      channel.close()
      await Promise.all([client.end(), engine.stop()])
    },
  }
})
