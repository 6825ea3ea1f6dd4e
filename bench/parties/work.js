// Works off what is in the store, of whichever contender, from the moment when the clock starts.

import { load } from '../contenders/index.js'
import { serve } from '../lib/child.js'
import { finished } from '../lib/finished.js'

// What is loaded and compiled is, before the clock starts.
const WARM = { jobs: 500, share: 0.1 }

serve(async ({ contender: name, place, load: { jobs, bytes, args }, work }, tell) => {
  const contender = await load(name)

  /** @param {number} jobs */
  async function fill(jobs) {
    if (!args) return contender.fill(place, { jobs, bytes })
    const enqueuer = await contender.enqueuer(place, { kind: work.kind, heard: false })
    await enqueuer.bulk(Array.from({ length: jobs }, (_, n) => ({ n, ...args })))
    await enqueuer.close()
  }

  await fill(Math.min(WARM.jobs, Math.ceil(jobs * WARM.share)))
  const warm = await contender.work(place, work)
  await finished(contender, place)
  await warm.stop()

  await fill(jobs)
  let left = jobs
  const given = {
    ...work,
    done() {
      if (left === jobs) tell('counting')
      left -= 1
      if (left === 0) tell('counted')
    },
  }
  const poised = await contender.poised?.(place, given)
  /** @type {{ stop(): Promise<void> } | undefined} */
  let working = poised
  return {
    async run(stopped) {
      await poised?.begin()
      working ??= await contender.work(place, given)
      await stopped
    },
    close: async () => working?.stop(),
  }
})
