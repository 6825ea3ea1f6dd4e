// Drains what is in the store, with any competitor, from the moment when the clock starts.
import { load } from '../competitors/index.js'
import { finished } from '../lib/measure.js'
import { serve } from '../lib/serve.js'

/** Jobs of the warm-up, before the clock starts: at most that many, and at most that share of the jobs. */
const WARM_UP = { jobs: 500, share: 0.1 }

serve(async ({ competitor: name, target, load: { jobs, bytes }, work }, report) => {
  const competitor = await load(name)

  await competitor.fill(target, { jobs: Math.min(WARM_UP.jobs, Math.ceil(jobs * WARM_UP.share)), bytes })
  const warm = await competitor.work(target, work)
  await finished(competitor, target)
  await warm.stop()

  await competitor.fill(target, { jobs, bytes })
  let left = jobs
  const counted = {
    ...work,
    done() {
      if (left === jobs) report('counting')
      left -= 1
      if (left === 0) report('counted')
    },
  }
  const prepared = await competitor.prepared?.(target, counted)
  /** @type {{ stop(): Promise<void> } | undefined} */
  let working = prepared
  return {
    async run(stopped) {
      await prepared?.begin()
      working ??= await competitor.work(target, counted)
      await stopped
    },
    close: async () => working?.stop(),
  }
})
