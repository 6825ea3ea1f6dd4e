// How late scheduled jobs begin.

import { clear } from '../lib/database.js'
import { Party } from '../lib/party.js'
import { quantile } from '../lib/stats.js'

/** @import { Workload } from './index.js' */

const NAME = 'eram'

/** @type {Workload} */
export const schedule = {
  about: 'jobs that are scheduled a little ahead: from the moment when they are due to the start of perform, by the clock of the database',
  options: {
    jobs: { value: 100, about: 'how many' },
    ahead: { value: 5000, about: 'milliseconds until the first is due' },
    spread: { value: 400, about: 'milliseconds from the first to the last' },
  },
  suite: { runs: 3 },
  seconds: 8,
  columns: [
    { key: 'p50', title: 'p50 ms', digits: 1 },
    { key: 'p95', title: 'p95 ms', digits: 1 },
    { key: 'most', title: 'most ms', digits: 1 },
  ],
  goals: [{ what: 'p95 below 50 ms', of: NAME, key: 'p95', most: 50 }],

  async run({ place, client, options: { runs, ...options }, record }) {
    for (let run = 1; run <= runs; run++) {
      await clear(client)
      const party = await Party.prepare('schedule-eram', { place, ...options })
      const { late } = await party.run()
      await party.ended()
      record(NAME, run, { p50: quantile(late, 0.5), p95: quantile(late, 0.95), most: Math.max(...late) })
    }
  },
}
