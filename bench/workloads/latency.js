// How soon a job begins on an engine that has nothing else to do.

import { serverClock } from '../lib/cpu.js'
import { clear } from '../lib/database.js'
import { Party } from '../lib/party.js'
import { quantile } from '../lib/stats.js'

/** @import { Workload } from './index.js' */

const EACH = 'eram, enqueue'
const COMMIT = 'eram, commit'

/** @type {Workload} */
export const latency = {
  about: 'one job after the other on an idle engine, from the call of enqueue (or COMMIT) to the start of perform',
  options: {
    jobs: { value: 1000, about: 'one after the other' },
    rested: { value: 100, about: 'jobs that come after a rest, when the queue may be asleep' },
    rest: { value: 200, about: 'the longest such rest, in milliseconds' },
  },
  columns: [
    { key: 'p50', title: 'p50 ms', digits: 2 },
    { key: 'p95', title: 'p95 ms', digits: 2 },
    { key: 'p99', title: 'p99 ms', digits: 2 },
    { key: 'node', title: 'Node CPU µs/job', digits: 0 },
    { key: 'server', title: 'PostgreSQL CPU µs/job', digits: 0 },
  ],
  goals: [EACH, COMMIT].flatMap((of) => [
    { what: `${of}: p50 below 3 ms`, of, key: 'p50', most: 3 },
    { what: `${of}: p99 below 15 ms`, of, key: 'p99', most: 15 },
  ]),

  async run({ place, client, options: { jobs, rested, rest, runs }, record }) {
    const resting = { jobs: rested, rest }
    const contenders = [
      { name: 'raw SQL', party: 'latency-raw', options: { jobs } },
      { name: EACH, party: 'latency-eram', options: { jobs, rest: 0, transaction: false } },
      { name: COMMIT, party: 'latency-eram', options: { jobs, rest: 0, transaction: true } },
      { name: 'eram, enqueue after a rest', party: 'latency-eram', options: { ...resting, transaction: false } },
      { name: 'eram, commit after a rest', party: 'latency-eram', options: { ...resting, transaction: true } },
    ].filter(({ options }) => options.jobs > 0)
    const server = await serverClock(client)
    for (let run = 1; run <= runs; run++) {
      for (const { name, party: file, options } of contenders) {
        await clear(client)
        const party = await Party.prepare(file, { place, ...options })
        const before = server()
        const { cpu, times } = await party.run()
        const after = server()
        await party.ended()
        record(name, run, {
          p50: quantile(times, 0.5),
          p95: quantile(times, 0.95),
          p99: quantile(times, 0.99),
          node: cpu / options.jobs,
          server: before === null || after === null ? null : (after - before) / options.jobs,
        })
      }
    }
  },
}
