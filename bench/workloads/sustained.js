// Which competitors keep up with a steady stream of jobs, and how late the jobs begin.
import { rowOf, the } from '../lib/goals.js'
import { inTarget, timed } from '../lib/measure.js'
import { quantile } from '../lib/stats.js'

/** @import { Workload } from './index.js' */

const EACH = 'eram'
/** Of the rate: the rest is lost to the beginning and the end of the clock. */
const KEPT = 0.98

/** @type {Workload} */
export const sustained = {
  about: 'jobs at a steady rate, worked off by the process that enqueues them, from the moment when they come to the start of perform',
  compares: true,
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

  async run({ competitors, stores, client, options: { rate, seconds, flight, runs }, attempt }) {
    for (let run = 1; run <= runs; run++) {
      for (const { name, competitor } of competitors) {
        await attempt(rowOf(name, competitor), run, () =>
          inTarget(competitor, stores, async (target) => {
            const options = { competitor: name, target, rate, seconds, flight }
            const { cpu, times, ms, server } = await timed('sustained', options, { competitor, client, stores })
            const jobs = times.length
            const [p50 = 0, p99 = 0] = [quantile(times, 0.5), quantile(times, 0.99)]
            return { rate: (jobs / ms) * 1000, p50, p99, node: cpu / jobs, server: server(jobs) }
          }),
        )
      }
    }
  },
}
