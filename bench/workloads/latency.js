// How soon a job begins on a worker that has nothing else to do.
import { others, rowOf } from '../lib/goals.js'
import { timed } from '../lib/measure.js'

/** @import { Row, Workload } from './index.js' */

const IDLE = 'one after the other'
const RESTED = 'after a rest'
const EACH = 'eram'
const COMMIT = 'eram, commit'

/** @type {Workload} */
export const latency = {
  about: 'one job after the other on an idle worker, from the call that enqueues (or COMMIT) to the start of perform',
  seconds: 45,
  compares: true,
  options: {
    runs: { value: 5, about: 'of each competitor, in turns' },
    jobs: { value: 500, about: 'one after the other' },
    rested: { value: 100, about: 'jobs after a rest, when a queue of EramJS may be asleep' },
    rest: { value: 200, about: 'the longest such rest, in milliseconds' },
    seconds: { value: 15, about: 'after which a slow competitor has had enough jobs' },
  },
  goals: () => [
    ...['p50', 'p99'].map((key) => {
      const most = { times: 0.7, among: others({ store: 'postgresql' }) }
      return { what: `${key}: at most 0.7 × the best other on PostgreSQL`, of: EACH, in: IDLE, key, most }
    }),
    ...[EACH, COMMIT].flatMap((of) => [
      { what: `${of}: p50 below 3 ms`, of, in: IDLE, key: 'p50', most: 3 },
      { what: `${of}: p99 below 15 ms`, of, in: IDLE, key: 'p99', most: 15 },
    ]),
  ],

  turns({ competitors, stores, options: { jobs, rested, rest, seconds } }) {
    return competitors.flatMap((entry) => {
      const row = rowOf(entry, { in: IDLE })
      const commit = { ...row, name: COMMIT }
      const sleepy = { jobs: rested, rest }
      const turn = (/** @type {Row} */ row, options = {}) => ({
        row,
        measure: () => timed(entry, stores, 'latency', { jobs, rest: 0, within: row.name === COMMIT, seconds, ...options }),
      })
      if (entry.name !== 'eram') return [turn(row)]
      return [turn(row), turn(commit), turn({ ...row, in: RESTED }, sleepy), turn({ ...commit, in: RESTED }, sleepy)]
    })
  },
}
