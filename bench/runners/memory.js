// What a process takes: bare, with the library, with an engine, and while that works. Garbage is collected before each look.
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { serve } from '../lib/runner.js'
import { median } from '../lib/stats.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

const MIB = 2 ** 20
const LOOKS = 5
const CHUNKS = 10

/** All that is resident, in MiB: the median of some looks. */
async function look() {
  const looks = []
  for (let i = 0; i < LOOKS; i++) {
    collect()
    await pause(100)
    looks.push(process.memoryUsage.rss() / MIB)
  }
  return median(looks)
}

serve(async ({ target, queues, idle, jobs }) => {
  const bare = await look()
  const { EramEngine } = await import('../../index.js')
  await import('../jobs.js')
  const loaded = await look()
  const engine = await EramEngine.start({ ...target, queues, logger: false })
  // What was needed to start is released.
  await pause(idle * 1000)
  const started = await look()
  const { connect, fill } = await import('../lib/stores.js')
  const client = await connect(target)
  return {
    async run() {
      const looks = []
      for (let i = 0; i < CHUNKS && jobs > 0; i++) {
        await fill(client, Math.ceil(jobs / CHUNKS))
        await engine.drain('default', { timeout: 600_000 })
        looks.push(await look())
      }
      const last = jobs > 0 ? median(looks.slice(-3)) : started
      // The first two parts pay for what is loaded and compiled, and for buffers as large as they get.
      const growth = jobs > 0 ? last - median(looks.slice(2, 5)) : null
      return { bare, loaded: loaded - bare, engine: last - loaded, over: last - bare, growth }
    },
    close: () => Promise.all([client.end(), engine.stop()]),
  }
})
