// Jobs that keep a processor busy: how many cores they get, and what that does to the main thread.

import { availableParallelism } from 'node:os'
import { drained } from '../lib/drained.js'
import { rowOf } from '../lib/rows.js'
import { roundsPerMs } from '../lib/spin.js'

/** @import { Workload } from './index.js' */

/** @type {Workload} */
export const cpu = {
  about: 'jobs that keep a processor busy, on one thread and on more, where there are threads',
  peers: true,
  options: {
    jobs: { value: 400, about: 'how many' },
    ms: { value: 5, about: 'milliseconds of processor that each takes when it has one to itself' },
    threads: { value: [1, availableParallelism()], about: 'each a case; the second: as many as there are cores' },
  },
  suite: { runs: 3 },
  seconds: 60,
  columns: [
    { key: 'rate', title: 'jobs/s', digits: 0 },
    { key: 'speedup', title: '× one thread', digits: 2 },
    { key: 'cores', title: 'cores of work', digits: 2 },
    { key: 'used', title: 'cores used', digits: 2 },
    { key: 'lag', title: 'main thread lag p99 ms', digits: 2 },
  ],
  goals({ threads }) {
    const most = Math.max(...threads)
    const of = 'eram'
    const within = title(most)
    return [
      { what: `${within}: speed-up of at least 0.9 × ${most}`, of, in: within, key: 'speedup', least: 0.9 * most },
      { what: `${within}: lag of the main thread of at most 2 ms`, of, in: within, key: 'lag', most: 2 },
    ]
  },

  async run({ contenders, stores, client, options: { jobs, ms, threads, runs }, attempt }) {
    const rounds = Math.round(roundsPerMs() * ms)
    for (let run = 1; run <= runs; run++) {
      /** By contender: jobs a second on the fewest threads. @type {Map<string, number>} */
      const alone = new Map()
      for (const count of [...threads].sort((a, b) => a - b)) {
        for (const { name, contender } of contenders) {
          const work = { as: 'tuned', kind: 'cpu', limit: count, threads: count }
          const load = { jobs, args: { ms, rounds } }
          await attempt(rowOf(name, contender, { in: title(count) }), run, async () => {
            const { rate, node, lag } = await drained({ name, contender, client, stores, load, work })
            alone.set(name, alone.get(name) ?? rate)
            return {
              rate,
              speedup: rate / (alone.get(name) ?? rate),
              cores: (rate * ms) / 1000,
              used: (node * rate) / 1e6,
              lag,
            }
          })
        }
      }
    }
  },
}

/** @param {number} threads */
const title = (threads) => (threads === 1 ? 'one thread' : `${threads} threads`)
