// Who keeps up with a steady stream of jobs, and how late they begin.

import { storeClock } from '../lib/cpu.js'
import { inPlace, perJob } from '../lib/drained.js'
import { Party } from '../lib/party.js'
import { rowOf, the } from '../lib/rows.js'
import { quantile } from '../lib/stats.js'

/** @import { Workload } from './index.js' */

const EACH = 'eram'
// Of the rate: what is lost to the beginning and the end of the clock.
const KEPT = 0.98

/** @type {Workload} */
export const sustained = {
  about:
    'jobs that come at a steady rate and are worked off by the process that enqueues them, from the moment when they come to the start of perform',
  peers: true,
  options: {
    rate: { value: 2000, about: 'jobs a second' },
    seconds: { value: 10, about: 'of each measurement' },
    flight: { value: 50, about: 'enqueues in flight at most; what comes meanwhile waits for its turn' },
  },
  suite: { runs: 3, seconds: 8 },
  seconds: 100,
  columns: [
    { key: 'rate', title: 'jobs/s', digits: 0 },
    { key: 'p50', title: 'p50 ms', digits: 1 },
    { key: 'p99', title: 'p99 ms', digits: 1 },
    { key: 'node', title: 'Node CPU µs/job', digits: 0 },
    { key: 'server', title: 'store CPU µs/job', digits: 0 },
  ],
  goals: ({ rate }) => [
    { what: `keeps up with ${rate.toLocaleString('en')} jobs a second`, of: EACH, key: 'rate', least: KEPT * rate },
    { what: 'p99 of at most 20 ms', of: EACH, key: 'p99', most: 20 },
    {
      what: "PostgreSQL CPU of at most half of graphile-worker's",
      of: EACH,
      key: 'server',
      most: { times: 0.5, among: the('graphile-worker') },
    },
  ],

  async run({ contenders, stores, client, options: { rate, seconds, flight, runs }, attempt }) {
    for (let run = 1; run <= runs; run++) {
      for (const { name, contender } of contenders) {
        await attempt(rowOf(name, contender), run, () =>
          inPlace(contender, stores, async (place) => {
            const party = await Party.prepare('sustained', { contender: name, place, rate, seconds, flight })
            const clock = await storeClock(contender.store, client, stores)
            const before = clock()
            const { cpu, times, ms } = await party.run()
            const after = clock()
            await party.ended()
            const jobs = times.length
            return {
              rate: (jobs / ms) * 1000,
              p50: quantile(times, 0.5),
              p99: quantile(times, 0.99),
              node: cpu / jobs,
              server: perJob(before, after, jobs),
            }
          }),
        )
      }
    }
  },
}
