// An engine that works off jobs at the rate at which they come, and prunes meanwhile or not.

import { EramEngine } from '../../index.js'
import { Noop } from '../jobs.js'
import { serve } from '../lib/child.js'
import { pause } from '../lib/database.js'

const EVERY = 50

serve(async ({ place, prune, rate, seconds }) => {
  const engine = await EramEngine.start({
    ...place,
    queues: { default: { limit: 100 } },
    prune: prune && { interval: 100 },
    lifeline: false,
    // It would warn of the old jobs that wait, and are to stay.
    logger: { error: (message) => console.error(message) },
  })
  return {
    async run() {
      const began = performance.now()
      let sent = 0
      for (let left = seconds * 1000; left > 0; left = began + seconds * 1000 - performance.now()) {
        // What is due by now, however late the clock of this process is.
        const due = Math.round(((performance.now() - began) / 1000) * rate) - sent
        if (due > 0) await EramEngine.enqueueAll(Array.from({ length: due }, () => Noop.new({})))
        sent += Math.max(due, 0)
        await pause(Math.min(EVERY, left))
      }
      await engine.drain('default')
    },
    close: () => engine.stop(),
  }
})
