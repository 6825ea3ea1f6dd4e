// Workers of any competitor that have nothing to do.
import { load } from '../competitors/index.js'
import { serve } from '../lib/runner.js'

const MEGABYTE = 1_000_000

serve(
  async ({ competitor, target, queues }) => {
    const bare = process.memoryUsage.rss()
    const working = await (await load(competitor)).work(target, { as: 'defaults', kind: 'noop', queues })
    return {
      async run(stopped) {
        await stopped
        return { memory: (process.memoryUsage.rss() - bare) / MEGABYTE }
      },
      close: () => working.stop(),
    }
  },
  { watch: false },
)
