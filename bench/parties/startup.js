// A process that starts an engine once: how long until it has, and until its first job has begun.

import { EramEngine } from '../../index.js'
import '../jobs.js'
import { serve } from '../lib/child.js'

serve(async ({ place, queues }) => {
  const channel = new BroadcastChannel('eram bench')
  const began = new Promise((resolve) => {
    channel.onmessage = (event) => resolve(/** @type {any} */ (event).data.began)
  })
  /** @type {Awaited<ReturnType<typeof EramEngine.start>>} */
  let engine
  return {
    async run() {
      const called = process.hrtime.bigint()
      engine = await EramEngine.start({ ...place, queues })
      const started = process.hrtime.bigint()
      const first = Object.keys(queues).length === 0 ? null : Number((await began) - called) / 1e6
      return { started: Number(started - called) / 1e6, first }
    },
    async close() {
      channel.close()
      await engine.stop()
    },
  }
})
