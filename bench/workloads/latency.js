// How soon a job begins on a worker that has nothing else to do.

import { storeClock } from '../lib/cpu.js'
import { inPlace, perJob } from '../lib/drained.js'
import { Party } from '../lib/party.js'
import { peers, rowOf } from '../lib/rows.js'
import { quantile } from '../lib/stats.js'

/** @import { Workload } from './index.js' */

const IDLE = 'one after the other'
const RESTED = 'after a rest'
const EACH = 'eram'
const COMMIT = 'eram, commit'

/** @type {Workload} */
export const latency = {
  about: 'one job after the other on an idle worker, from the call that enqueues (or COMMIT) to the start of perform',
  peers: true,
  options: {
    jobs: { value: 1000, about: 'one after the other' },
    rested: { value: 100, about: 'jobs that come after a rest, when a queue of EramJS may be asleep' },
    rest: { value: 200, about: 'the longest such rest, in milliseconds' },
    seconds: { value: 15, about: 'after which a slow contender has had enough jobs' },
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
  goals: [
    ...['p50', 'p99'].map((key) => ({
      what: `${key}: at most 0.7 × the best peer on PostgreSQL`,
      of: EACH,
      in: IDLE,
      key,
      most: { times: 0.7, among: peers({ store: 'postgresql' }) },
    })),
    ...[EACH, COMMIT].flatMap((of) => [
      { what: `${of}: p50 below 3 ms`, of, in: IDLE, key: 'p50', most: 3 },
      { what: `${of}: p99 below 15 ms`, of, in: IDLE, key: 'p99', most: 15 },
    ]),
  ],

  async run({ contenders, stores, client, options: { jobs, rested, rest, seconds, runs }, attempt }) {
    const turns = contenders.flatMap(({ name, contender }) => {
      const turn = { name, contender, row: rowOf(name, contender, { in: IDLE }), jobs, rest: 0, within: false }
      if (name !== 'eram') return [turn]
      const sleepy = { ...turn, row: { ...turn.row, in: RESTED }, jobs: rested, rest }
      return [turn, sleepy].flatMap((it) => [it, { ...it, row: { ...it.row, name: COMMIT }, within: true }])
    })
    for (let run = 1; run <= runs; run++) {
      for (const { name, contender, row, jobs, rest, within } of turns) {
        if (jobs === 0) continue
        await attempt(row, run, () =>
          inPlace(contender, stores, async (place) => {
            const party = await Party.prepare('latency', { contender: name, place, jobs, rest, within, seconds })
            const clock = await storeClock(contender.store, client, stores)
            const before = clock()
            const { cpu, times } = await party.run()
            const after = clock()
            await party.ended()
            return {
              p50: quantile(times, 0.5),
              p95: quantile(times, 0.95),
              p99: quantile(times, 0.99),
              node: cpu / times.length,
              server: perJob(before, after, times.length),
            }
          }),
        )
      }
    }
  },
}
