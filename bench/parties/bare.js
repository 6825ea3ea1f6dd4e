// Node with nothing in it.

import { serve } from '../lib/child.js'

serve(
  async () => ({
    async run(stopped) {
      await stopped
      return { memory: process.memoryUsage.rss() }
    },
    close: async () => {},
  }),
  { watch: false },
)
