// What a process takes: bare, with the library, with an engine, and while that works. Garbage is collected before each look.
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { serve } from '../lib/serve.js'
import { median } from '../lib/stats.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

const MIB = 2 ** 20
const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * In MiB, the medians of some looks: all that is resident, and of that what belongs to no file. (The code of Node and of the addon is
 * shared with other processes, and can be reclaimed at any time.)
 */
async function look() {
  const looks = []
  for (let i = 0; i < 5; i++) {
    collect()
    await pause(100)
    looks.push({ rss: process.memoryUsage.rss() / MIB, own: anonymous() })
  }
  return { rss: median(looks.map(({ rss }) => rss)), own: median(looks.map(({ own }) => own)) }
}

function anonymous() {
  try {
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024
  } catch {
    // Not Linux.
    return Number.NaN
  }
}

serve(async ({ target, queues, idle, chunks, jobs }) => {
  const bare = await look()
  const { EramEngine } = await import('../../index.js')
  await import('../jobs.js')
  const loaded = await look()
  const engine = await EramEngine.start({ ...target, queues })
  // What was needed to start is released.
  await pause(idle * 1000)
  const started = await look()
  const { connect } = await import('../lib/stores.js')
  const client = await connect(target)
  return {
    async run() {
      const looks = []
      for (let i = 0; i < chunks; i++) {
        await client.query(
          `INSERT INTO eram_jobs (worker, args) SELECT 'Noop', jsonb_build_object('n', n) FROM generate_series(1, $1::integer) AS n`,
          [jobs],
        )
        await engine.drain('default', { timeout: 600_000 })
        looks.push((await look()).rss)
      }
      return { bare, loaded, started, looks }
    },
    close: () => Promise.all([client.end(), engine.stop()]),
  }
})
