// How fast jobs are enqueued: each awaited, many in flight, in bulk, and in transactions of the caller.
import { others, rowOf, the } from '../lib/goals.js'
import { timed } from '../lib/measure.js'
import { BEST_OTHER } from '../lib/report.js'
import { Runner } from '../lib/runner.js'

/** @import { Target } from '../lib/stores.js' */
/** @import { Turn, Workload } from './index.js' */

const ONE = 'one at a time'
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
    const [flying, whole, transacted] = titles(flight, bulk)
    const key = 'rate'
    const woken = { of: WORKED, in: transacted, key }
    const [redis, postgresql] = [others({ store: 'redis' }), others({ store: 'postgresql' })]
    return [
      { what: `${ONE}: at least 0.9 × raw SQL`, of: EACH, in: ONE, key, least: { times: 0.9, among: the('raw') } },
      ...[EACH, WORKED].flatMap((of) => [
        { what: `${flying}: ${of} at least as fast as BullMQ on Redis`, of, in: flying, key, least: { times: 1, among: redis } },
        {
          what: `${flying}: ${of} at least 10 × the best other on PostgreSQL`,
          of,
          in: flying,
          key,
          least: { times: 10, among: postgresql },
        },
      ]),
      { what: `${transacted}: with workers to be woken at least 0.9 × without`, ...woken, least: { times: 0.9, among: isEach } },
      { what: `${transacted}: at least 8 × the best other`, ...woken, least: { times: 8, among: others() } },
      { what: `${whole}: at least 2.5 × the best other`, of: EACH, in: whole, key, least: { times: 2.5, among: others() } },
    ]
  },

  turns({ competitors, stores, options: { flight, bulk, seconds } }) {
    const [flying, whole, transacted] = titles(flight, bulk)
    const cases = [
      { title: ONE, way: 'one', size: 1 },
      { title: flying, way: 'flight', size: flight },
      { title: whole, way: 'bulk', size: bulk },
      { title: transacted, way: 'transactions', size: flight },
    ]
    return cases.flatMap(({ title, way, size }) =>
      competitors.flatMap((entry) => {
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

/** @param {{ name: string }} row */
const isEach = ({ name }) => name === EACH

/** @param {number} flight @param {number} bulk */
const titles = (flight, bulk) =>
  /** @type {const} */ ([`${flight} in flight`, `bulk of ${bulk.toLocaleString('en')}`, `${flight} transactions`])

/** Runs a task while an engine performs what it enqueues. @template T @param {Target} target @param {() => Promise<T>} task */
async function withWorker({ url, prefix }, task) {
  const worker = await Runner.prepare('node', { target: { url, prefix } })
  const done = worker.run()
  const result = await task()
  worker.stop()
  await done
  await worker.exited()
  return result
}
