// Workers that have nothing to do, of any competitor; without one, Node with nothing in it.
import { load } from '../competitors/index.js'
import { serve } from '../lib/serve.js'

serve(
  async ({ competitor, target, queues }) => {
    const working = competitor && (await (await load(competitor)).work(target, { as: 'defaults', kind: 'noop', queues }))
    return {
      async run(stopped) {
        await stopped
        return { memory: process.memoryUsage.rss() }
      },
      close: async () => working?.stop(),
    }
  },
  { watch: false },
)
