// Drains the table by an engine, from the moment its queue is resumed.

import { EramEngine } from '../../index.js'
import { serve } from '../lib/child.js'
import '../jobs.js'

serve(async ({ place, limit, threads }) => {
  const engine = await EramEngine.start({ ...place, queues: { default: { limit, threads, paused: true } } })
  return {
    async run(stopped) {
      await engine.resume('default')
      await stopped
    },
    close: () => engine.stop(),
  }
})
