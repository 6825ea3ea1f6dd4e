// A steady stream of jobs beside a transaction that stays open, so that no dead row can be removed: whether jobs become late.
import { serverClock } from '../lib/cpu.js'
import { Runner } from '../lib/runner.js'
import { clear } from '../lib/stores.js'

/** @import { Workload } from './index.js' */

const ROW = 'beside an open transaction'

/** @type {Workload} */
export const horizon = {
  about: 'jobs at a steady rate from another connection, while a REPEATABLE READ transaction is open',
  seconds: 620,
  stalled: 3600,
  options: {
    runs: { value: 1, about: 'of the whole' },
    rate: { value: 2000, about: 'jobs a second' },
    minutes: { value: 10, about: 'how long; the first and the last are compared' },
  },
  goals: ({ rate, minutes }) => [
    { what: 'all jobs are done', of: ROW, key: 'jobs', least: Math.round(rate * minutes * 60) },
    { what: "p99 of the last minute at most 3 × the first's", of: ROW, key: 'slower', most: 3 },
    { what: 'a fetch takes at most 2 ms at the end', of: ROW, key: 'fetch', most: 2 },
  ],

  turns: ({ target, stores, client, options: { rate, minutes } }) => [
    {
      row: { name: ROW },
      async measure() {
        await clear(client)
        const runner = await Runner.prepare('horizon', { target, rate, minutes })
        const server = serverClock(stores.pids.postgresql)
        const { jobs, cpu, lag: _, ...figures } = await runner.run()
        const costs = { node: cpu / jobs, server: server(jobs) }
        await runner.stop()
        return { jobs, ...figures, ...costs }
      },
    },
  ],
}
