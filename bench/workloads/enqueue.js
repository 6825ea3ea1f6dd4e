// How fast jobs get in: each awaited, many in flight, in bulk, and in transactions of the caller's.

import { serverClock } from '../lib/cpu.js'
import { clear } from '../lib/database.js'
import { Party } from '../lib/party.js'

/** @import { Workload } from './index.js' */

const ONE = 'one at a time'

/** @type {Workload} */
export const enqueue = {
  about: 'puts jobs in: one at a time, in flight together, in bulk, and in transactions of pg',
  options: {
    flight: { value: 50, about: 'calls, or transactions, in flight together' },
    bulk: { value: 1000, about: 'jobs of one call of enqueueAll' },
    seconds: { value: 3, about: 'of each measurement' },
  },
  columns: [
    { key: 'rate', title: 'jobs/s', digits: 0 },
    { key: 'ratio', title: '× raw', digits: 2 },
    { key: 'node', title: 'Node CPU µs/job', digits: 1 },
    { key: 'server', title: 'PostgreSQL CPU µs/job', digits: 1 },
  ],
  goals: [
    { what: 'one at a time: at least 90 % of raw SQL', of: `eram, ${ONE}`, key: 'ratio', least: 0.9 },
    { what: 'transactions: at least 90 % of raw SQL', of: 'eram, 50 transactions', key: 'ratio', least: 0.9 },
  ],

  async run({ place, client, options: { flight, bulk, seconds, runs }, record }) {
    const ways = [
      { name: ONE, way: 'one', size: 1 },
      { name: `${flight} in flight`, way: 'flight', size: flight },
      { name: `bulk of ${bulk}`, way: 'bulk', size: bulk },
      { name: `${flight} transactions`, way: 'transactions', size: flight },
    ]
    const server = await serverClock(client)
    for (let run = 1; run <= runs; run++) {
      for (const { name, way, size } of ways) {
        const raw = await once('enqueue-raw', { way, size })
        record(`raw SQL, ${name}`, run, { ...raw, ratio: 1 })
        const eram = await once('enqueue-eram', { way, size })
        record(`eram, ${name}`, run, { ...eram, ratio: eram.rate / raw.rate })
        if (way !== 'transactions') continue
        const awake = await beside('worker-eram', () => once('enqueue-eram', { way, size }))
        record(`eram, ${name}, worked off`, run, { ...awake, ratio: awake.rate / raw.rate })
      }
    }

    /** @param {string} name @param {{ way: string, size: number }} options */
    async function once(name, options) {
      await clear(client)
      const party = await Party.prepare(name, { place, seconds, ...options })
      const before = server()
      const { cpu, jobs, ms } = await party.run()
      const after = server()
      await party.ended()
      return {
        rate: (jobs / ms) * 1000,
        node: cpu / jobs,
        server: before === null || after === null ? null : (after - before) / jobs,
      }
    }

    /**
     * @template T
     * @param {string} name of a party that goes on meanwhile
     * @param {() => Promise<T>} task
     */
    async function beside(name, task) {
      const party = await Party.prepare(name, { place })
      const done = party.run()
      const result = await task()
      party.stop()
      await done
      await party.ended()
      return result
    }
  },
}
