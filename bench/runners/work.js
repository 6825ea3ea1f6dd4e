// Drains what is in the store, with any competitor, from the moment when the clock starts.
import { isOther, load } from '../competitors/index.js'
import { finished } from '../lib/measure.js'
import { serve } from '../lib/runner.js'
import { inspector, settle } from '../lib/stores.js'

/** Jobs of the warm-up, before the clock starts: at most that many, and at most that share of the jobs. */
const WARM_UP = { jobs: 500, share: 0.1 }

serve(async ({ competitor: name, target, load: { jobs, bytes }, work }, counted) => {
  const competitor = await load(name)
  /** @param {number} jobs */
  async function fill(jobs) {
    await competitor.fill(target, { jobs, bytes })
    if (competitor.store === 'postgresql') await settle(await inspector(target))
  }

  await fill(Math.min(WARM_UP.jobs, Math.ceil(jobs * WARM_UP.share)))
  const warm = await competitor.work(target, work)
  await finished(() => competitor.unfinished(target))
  await warm.stop()

  await fill(jobs)
  let left = jobs
  const done = () => --left === 0 && counted()
  // Of raw SQL and EramJS, a drain does not measure the start; the others cannot start without working.
  let working = isOther(name) ? undefined : await competitor.work(target, { ...work, paused: true })
  return {
    async run(stopped) {
      await working?.begin?.()
      working ??= await competitor.work(target, { ...work, done })
      await stopped
    },
    close: async () => working?.stop(),
  }
})
