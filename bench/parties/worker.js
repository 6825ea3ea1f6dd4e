// Works off what others enqueue, for as long as it is wanted.

import { load } from '../contenders/index.js'
import { serve } from '../lib/child.js'

serve(async ({ contender: name, place }) => {
  const contender = await load(name)
  const working = await contender.work(place, { as: 'tuned', kind: 'noop' })
  return { run: (stopped) => stopped, close: () => working.stop() }
})
