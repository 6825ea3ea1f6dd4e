// An engine that works off what others enqueue, for as long as it is wanted.

import { EramEngine } from '../../index.js'
import { serve } from '../lib/child.js'
import '../jobs.js'

serve(async ({ place, options }) => {
  const engine = await EramEngine.start({ ...place, queues: { default: { limit: 100 } }, ...options })
  return { run: (stopped) => stopped, close: () => engine.stop({ grace: 0 }) }
})
