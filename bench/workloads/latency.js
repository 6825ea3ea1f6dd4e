// How soon a job begins on a worker that has nothing else to do.
import { others, rowOf } from '../lib/goals.js'
import { inTarget, timed } from '../lib/measure.js'
import { quantile } from '../lib/stats.js'

/** @import { Workload } from './index.js' */

const IDLE = 'one after the other'
const RESTED = 'after a rest'
const EACH = 'eram'
const COMMIT = 'eram, commit'

/** @type {Workload} */
export const latency = {
  about: 'one job after the other on an idle worker, from the call that enqueues (or COMMIT) to the start of perform',
  compares: true,
  options: {
    jobs: { value: 1000, about: 'one after the other' },
    rested: { value: 100, about: 'jobs after a rest, when a queue of EramJS may be asleep' },
    rest: { value: 200, about: 'the longest such rest, in milliseconds' },
    seconds: { value: 15, about: 'after which a slow competitor has had enough jobs' },
  },
  suite: { jobs: 500 },
  seconds: 45,
  columns: [
    { key: 'p50', title: 'p50 ms', digits: 2 },
    { key: 'p95', title: 'p95 ms', digits: 2 },
    { key: 'p99', title: 'p99 ms', digits: 2 },
    { key: 'node', title: 'Node CPU µs/job', digits: 0 },
    { key: 'server', title: 'store CPU µs/job', digits: 0 },
  ],
  goals: () => [
    ...['p50', 'p99'].map((key) => ({
      what: `${key}: at most 0.7 × the best other on PostgreSQL`,
      of: EACH,
      in: IDLE,
      key,
      most: { times: 0.7, among: others({ store: 'postgresql' }) },
    })),
    ...[EACH, COMMIT].flatMap((of) => [
      { what: `${of}: p50 below 3 ms`, of, in: IDLE, key: 'p50', most: 3 },
      { what: `${of}: p99 below 15 ms`, of, in: IDLE, key: 'p99', most: 15 },
    ]),
  ],

  async run({ competitors, stores, client, options: { jobs, rested, rest, seconds, runs }, attempt }) {
    const turns = competitors.flatMap(({ name, competitor }) => {
      const turn = { name, competitor, row: rowOf(name, competitor, { in: IDLE }), jobs, rest: 0, within: false }
      if (name !== 'eram') return [turn]
      const sleepy = { ...turn, row: { ...turn.row, in: RESTED }, jobs: rested, rest }
      return [turn, sleepy].flatMap((it) => [it, { ...it, row: { ...it.row, name: COMMIT }, within: true }])
    })
    for (let run = 1; run <= runs; run++) {
      for (const { name, competitor, row, jobs, rest, within } of turns.filter(({ jobs }) => jobs > 0)) {
        await attempt(row, run, () =>
          inTarget(competitor, stores, async (target) => {
            const options = { competitor: name, target, jobs, rest, within, seconds }
            const { cpu, times, server } = await timed('latency', options, { competitor, client, stores })
            const [p50 = 0, p95 = 0, p99 = 0] = [0.5, 0.95, 0.99].map((share) => quantile(times, share))
            return { p50, p95, p99, node: cpu / times.length, server: server(times.length) }
          }),
        )
      }
    }
  },
}
