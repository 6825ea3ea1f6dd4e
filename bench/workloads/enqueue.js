// How fast jobs are enqueued: each awaited, many in flight, in bulk, and in transactions of the caller.
import { others, rowOf, the } from '../lib/goals.js'
import { inTarget, timed } from '../lib/measure.js'
import { RunnerProcess } from '../lib/runner-process.js'

/** @import { Target } from '../lib/stores.js' */
/** @import { Workload } from './index.js' */

const ONE = 'one at a time'
const EACH = 'eram'
const WORKED = 'eram, worked off'

/** @type {Workload} */
export const enqueue = {
  about: 'enqueues jobs: one at a time, in flight together, in bulk, and in transactions of pg',
  compares: true,
  options: {
    flight: { value: 50, about: 'calls, or transactions, in flight together' },
    bulk: { value: 1000, about: 'jobs of one call in bulk' },
    seconds: { value: 2, about: 'of each measurement' },
  },
  suite: { runs: 3, seconds: 1 },
  seconds: 70,
  columns: [
    { key: 'rate', title: 'jobs/s', digits: 0 },
    { key: 'ratio', title: '× raw', digits: 2, over: { key: 'rate', to: 'raw SQL' } },
    { key: 'others', title: '× best other', digits: 2, over: { key: 'rate', to: 'best other' } },
    { key: 'node', title: 'Node CPU µs/job', digits: 1 },
    { key: 'server', title: 'store CPU µs/job', digits: 1 },
  ],
  goals({ flight, bulk }) {
    const [flying, whole, transacted] = titles(flight, bulk)
    const key = 'rate'
    const woken = { of: WORKED, in: transacted, key }
    return [
      { what: `${ONE}: at least 0.9 × raw SQL`, of: EACH, in: ONE, key, least: { times: 0.9, among: the('raw') } },
      ...[EACH, WORKED].flatMap((of) => {
        const [redis, postgresql] = [others({ store: 'redis' }), others({ store: 'postgresql' })]
        const goal = { of, in: flying, key }
        return [
          { what: `${flying}: ${of} at least as fast as BullMQ on Redis`, ...goal, least: { times: 1, among: redis } },
          { what: `${flying}: ${of} at least 10 × the best other on PostgreSQL`, ...goal, least: { times: 10, among: postgresql } },
        ]
      }),
      {
        what: `${transacted}: with workers to be woken at least 0.9 × without`,
        ...woken,
        least: { times: 0.9, among: (row) => row.name === EACH },
      },
      { what: `${transacted}: at least 8 × the best other`, ...woken, least: { times: 8, among: others() } },
      { what: `${whole}: at least 2.5 × the best other`, of: EACH, in: whole, key, least: { times: 2.5, among: others() } },
    ]
  },

  async run({ competitors, stores, client, options: { flight, bulk, seconds, runs }, absent, attempt }) {
    const [flying, whole, transacted] = titles(flight, bulk)
    const ways = [
      { title: ONE, way: 'one', size: 1 },
      { title: flying, way: 'flight', size: flight },
      { title: whole, way: 'bulk', size: bulk },
      { title: transacted, way: 'transactions', size: flight },
    ]
    for (let run = 1; run <= runs; run++) {
      for (const { title, way, size } of ways) {
        for (const { name, competitor } of competitors) {
          const turns = [{ row: rowOf(name, competitor, { in: title }), wakes: false }]
          if (name === 'eram') turns.push({ row: rowOf(name, competitor, { in: title, of: 'worked off' }), wakes: true })
          for (const { row, wakes } of turns) {
            if (way === 'transactions' && competitor.cannot.transactions !== undefined) {
              absent(row, competitor.cannot.transactions)
              continue
            }
            /** @param {Target} target */
            const once = async (target) => {
              const options = { competitor: name, target, way, size, seconds, wakes }
              const { cpu, jobs, ms, server } = await timed('enqueue', options, { competitor, client, stores })
              return { rate: (jobs / ms) * 1000, node: cpu / jobs, server: server(jobs) }
            }
            await attempt(row, run, () =>
              inTarget(competitor, stores, (target) => (wakes ? withWorker(target, () => once(target)) : once(target))),
            )
          }
        }
      }
    }
  },
}

/** @param {number} flight @param {number} bulk */
const titles = (flight, bulk) =>
  /** @type {const} */ ([`${flight} in flight`, `bulk of ${bulk.toLocaleString('en')}`, `${flight} transactions`])

/** Runs a task while an engine performs what it enqueues. @template T @param {Target} target @param {() => Promise<T>} task */
async function withWorker({ url, prefix }, task) {
  const worker = await RunnerProcess.prepare('node', { target: { url, prefix } })
  const done = worker.run()
  const result = await task()
  worker.stop()
  await done
  await worker.exited()
  return result
}
