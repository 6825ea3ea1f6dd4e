// How fast jobs that do nothing are worked off: claimed, performed, completed, and kept as history.

import { serverClock } from './lib/cpu.js'
import { allCompleted, fill } from './lib/database.js'
import { Party } from './lib/party.js'

/** @import { Workload } from './index.js' */

/** @type {Workload} */
export const drain = {
  about: 'works off jobs that do nothing and are in the table before the clock starts',
  options: {
    jobs: { value: 200_000, about: 'how many' },
    limit: { value: [100, 10], about: 'limits of the queue, each a contender; 10 is what one has who sets nothing' },
    threads: { value: 1, about: 'job threads' },
    batch: { value: 1000, about: 'jobs that raw SQL claims at once' },
  },
  columns: [
    { key: 'rate', title: 'jobs/s', digits: 0 },
    { key: 'ratio', title: '× raw', digits: 2 },
    { key: 'node', title: 'Node CPU µs/job', digits: 1 },
    { key: 'server', title: 'PostgreSQL CPU µs/job', digits: 1 },
    { key: 'lag', title: 'main thread lag p99 ms', digits: 2 },
  ],
  goals: [
    { what: 'limit 100: at least 60 % of raw SQL', of: 'eram, limit 100', key: 'ratio', least: 0.6 },
    { what: 'limit 100: Node CPU below 15 µs a job', of: 'eram, limit 100', key: 'node', most: 15 },
    { what: 'limit 100: lag of the main thread below 5 ms', of: 'eram, limit 100', key: 'lag', most: 5 },
  ],

  async run({ place, client, options: { jobs, limit, threads, batch, runs }, record }) {
    const contenders = [
      { name: 'raw SQL', party: 'drain-raw', options: { batch } },
      ...limit.map((/** @type {number} */ limit) => ({ name: `eram, limit ${limit}`, party: 'drain-eram', options: { limit, threads } })),
    ]
    for (let run = 1; run <= runs; run++) {
      let raw = 0
      for (const { name, party, options } of contenders) {
        const figures = await once(party, { place, ...options })
        raw ||= figures.rate
        record(name, run, { ...figures, ratio: figures.rate / raw })
      }
    }

    /** @param {string} name @param {object} options */
    async function once(name, options) {
      await fill(client, jobs)
      const party = await Party.prepare(name, options)
      const server = await serverClock(client)
      const before = server()
      const began = performance.now()
      const done = party.run()
      const watch = new AbortController()
      // One that fails leaves jobs that nobody completes.
      done.catch(() => watch.abort())
      const ended = await allCompleted(client, jobs, watch.signal)
      const after = server()
      party.stop()
      const { cpu, lag } = await done
      await party.ended()
      return {
        rate: (jobs / (ended - began)) * 1000,
        node: cpu / jobs,
        server: before === null || after === null ? null : (after - before) / jobs,
        lag,
      }
    }
  },
}
