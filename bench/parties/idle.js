// Workers that have nothing to do, of whichever contender.

import { load } from '../contenders/index.js'
import { serve } from '../lib/child.js'

serve(
  async ({ contender: name, place, queues }) => {
    const contender = await load(name)
    const working = await contender.work(place, { as: 'defaults', kind: 'noop', queues })
    return {
      async run(stopped) {
        await stopped
        return { memory: process.memoryUsage.rss() }
      },
      close: () => working.stop(),
    }
  },
  { watch: false },
)
