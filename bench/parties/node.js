// One node of a cluster: an engine whose queue is paused until the clock starts. It has done some jobs by then.

import { EramEngine } from '../../index.js'
import { Noop } from '../jobs.js'
import { serve } from '../lib/child.js'

const WARM = 500

serve(async ({ place, limit, options }) => {
  const engine = await EramEngine.start({ ...place, queues: { default: { limit } }, ...options })
  // Those that were started before have paused it on all nodes.
  await engine.resume('default')
  await EramEngine.enqueueAll(Array.from({ length: WARM }, () => Noop.new({})))
  await engine.drain('default')
  await engine.pause('default')
  return {
    async run(stopped) {
      await engine.resume('default')
      await stopped
    },
    close: () => engine.stop(),
  }
})
