// Which competitors keep up with a steady stream of jobs, and how late the jobs begin.
import { rowOf, the } from '../lib/goals.js'
import { timed } from '../lib/measure.js'

/** @import { Workload } from './index.js' */

const EACH = 'eram'
/** Of the rate: the rest is lost to the beginning and the end of the clock. */
const KEPT = 0.98

/** @type {Workload} */
export const sustained = {
  about: 'jobs at a steady rate, worked off by the process that enqueues them, from the moment when they come to the start of perform',
  seconds: 100,
  compares: true,
  options: {
    runs: { value: 3, about: 'of each competitor, in turns' },
    rate: { value: 2000, about: 'jobs a second' },
    seconds: { value: 8, about: 'of each measurement' },
    flight: { value: 50, about: 'enqueues in flight at most; what comes meanwhile waits for its turn' },
  },
  goals({ rate }) {
    const most = { times: 0.5, among: the('graphile-worker') }
    return [
      { what: `keeps up with ${rate.toLocaleString('en')} jobs a second`, of: EACH, key: 'rate', least: KEPT * rate },
      { what: 'p99 of at most 20 ms', of: EACH, key: 'p99', most: 20 },
      { what: "PostgreSQL CPU of at most half of graphile-worker's", of: EACH, key: 'server', most },
    ]
  },

  turns: ({ competitors, stores, options: { rate, seconds, flight } }) =>
    competitors.map((entry) => ({
      row: rowOf(entry),
      measure: () => timed(entry, stores, 'sustained', { rate, seconds, flight }),
    })),
}
