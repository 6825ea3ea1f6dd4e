// What a process takes while it is idle, and whether it takes more the more jobs it has done.
import { RunnerProcess } from '../lib/runner-process.js'
import { median } from '../lib/stats.js'
import { clear } from '../lib/stores.js'

/** @import { Workload } from './index.js' */
/** @typedef {{ rss: number }} Look */

const IDLE = 'idle, one queue'
const WORKED = 'after all jobs'
/** @type {[string, Record<string, number>][]} */
const ENGINES = [
  ['idle, enqueues only', {}],
  [IDLE, { default: 10 }],
]

/** @type {Workload} */
export const memory = {
  about: 'resident memory of a process: with the library, with an idle engine, and after many jobs',
  options: {
    jobs: { value: 1_000_000, about: 'how many, in ten parts' },
    idle: { value: 3, about: 'seconds after the start until the first look' },
  },
  suite: { runs: 1 },
  seconds: 60,
  columns: [
    { key: 'bare', title: 'bare Node MiB', digits: 1 },
    { key: 'loaded', title: 'library +MiB', digits: 1 },
    { key: 'engine', title: 'engine +MiB', digits: 1 },
    { key: 'over', title: 'over bare MiB', digits: 1 },
    { key: 'own', title: 'of it not of files', digits: 1 },
    { key: 'growth', title: 'growth MiB', digits: 1 },
  ],
  goals: () => [
    { what: 'an idle engine: less than 15 MiB over bare Node', of: IDLE, key: 'over', most: 15 },
    { what: 'growth over a million jobs below 10 MiB', of: WORKED, key: 'growth', most: 10 },
  ],

  async run({ target, client, options: { jobs, idle, runs }, record }) {
    /** @param {object} options */
    const look = async (options) => {
      await clear(client)
      const runner = await RunnerProcess.prepare('memory', { target, idle, chunks: 0, jobs: 0, ...options })
      const figures = await runner.run()
      await runner.exited()
      return figures
    }
    for (let run = 1; run <= runs; run++) {
      for (const [name, queues] of ENGINES) {
        const { bare, loaded, started } = await look({ queues })
        const own = started.own - bare.own
        record(name, run, { ...over(bare, loaded, started), own: Number.isNaN(own) ? null : own })
      }
      const { bare, loaded, looks } = await look({ queues: { default: 100 }, chunks: 10, jobs: Math.ceil(jobs / 10) })
      // The first two parts pay for what is loaded and compiled, and for buffers as large as they get.
      const [from, to] = [median(looks.slice(2, 5)), median(looks.slice(-3))]
      record(WORKED, run, { ...over(bare, loaded, { rss: to }), growth: to - from })
    }
  },
}

/** @param {Look} bare @param {Look} loaded @param {Look} engine */
const over = (bare, loaded, engine) => ({
  bare: bare.rss,
  loaded: loaded.rss - bare.rss,
  engine: engine.rss - loaded.rss,
  over: engine.rss - bare.rss,
})
