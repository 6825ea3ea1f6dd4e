// How fast jobs are enqueued: each awaited, many in flight, in bulk, and in transactions of the caller.
import { others, rowOf, the } from '../lib/goals.js'
import { timed } from '../lib/measure.js'
import { BEST_OTHER } from '../lib/report.js'
import { Runner } from '../lib/runner.js'

/** @import { Target } from '../lib/stores.js' */
/** @import { Row, Turn, Workload } from './index.js' */

const EACH = 'eram'
const WORKED = 'eram, worked off'

/** @type {Workload} */
export const enqueue = {
  about: 'enqueues jobs: one at a time, in flight together, in bulk, and in transactions of pg',
  seconds: 70,
  compares: true,
  options: {
    runs: { value: 3, about: 'of each competitor, in turns' },
    flight: { value: 50, about: 'calls, or transactions, in flight together' },
    bulk: { value: 1000, about: 'jobs of one call in bulk' },
    seconds: { value: 1, about: 'of each measurement' },
  },
  ratios: { ratio: 'raw SQL', others: BEST_OTHER },
  goals({ flight, bulk }) {
    const { one, flight: flying, bulk: whole, transactions: transacted } = titles(flight, bulk)
    /** @param {string} of @param {string} title @param {string} what @param {number} times @param {(row: Row) => boolean} among */
    const goal = (of, title, what, times, among) => ({ what: `${title}: ${what}`, of, in: title, key: 'rate', least: { times, among } })
    return [
      goal(EACH, one, 'at least 0.9 × raw SQL', 0.9, the('raw')),
      ...[EACH, WORKED].flatMap((of) => [
        goal(of, flying, `${of} at least as fast as BullMQ on Redis`, 1, others({ store: 'redis' })),
        goal(of, flying, `${of} at least 10 × the best other on PostgreSQL`, 10, others({ store: 'postgresql' })),
      ]),
      goal(WORKED, transacted, 'with workers to be woken at least 0.9 × without', 0.9, ({ name }) => name === EACH),
      goal(WORKED, transacted, 'at least 8 × the best other', 8, others()),
      goal(EACH, whole, 'at least 2.5 × the best other', 2.5, others()),
    ]
  },

  turns({ competitors, stores, options: { flight, bulk, seconds } }) {
    return Object.entries(titles(flight, bulk)).flatMap(([way, title]) =>
      competitors.flatMap((entry) => {
        const size = way === 'bulk' ? bulk : flight
        /** @param {boolean} wakes @param {string} [of] @returns {Turn} */
        const turn = (wakes, of) => ({
          row: rowOf(entry, { in: title, of }),
          cannot: entry.competitor.cannot[way],
          measure: () => timed(entry, stores, 'enqueue', { way, size, seconds, wakes }, wakes ? withWorker : undefined),
        })
        return entry.name === 'eram' ? [turn(false), turn(true, 'worked off')] : [turn(false)]
      }),
    )
  },
}

/** Of the cases, by the way of runners/enqueue.js. @param {number} flight @param {number} bulk */
const titles = (flight, bulk) => ({
  one: 'one at a time',
  flight: `${flight} in flight`,
  bulk: `bulk of ${bulk.toLocaleString('en')}`,
  transactions: `${flight} transactions`,
})

/** Runs a task while an engine performs what it enqueues. @template T @param {Target} target @param {() => Promise<T>} task */
async function withWorker({ url, prefix }, task) {
  const worker = await Runner.prepare('node', { target: { url, prefix } })
  const done = worker.run()
  const result = await task()
  await worker.stop()
  await done
  return result
}
