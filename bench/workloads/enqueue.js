// How fast jobs get in: each awaited, many in flight, in bulk, and in transactions of the caller's.

import { storeClock } from '../lib/cpu.js'
import { inPlace, perJob } from '../lib/drained.js'
import { Party } from '../lib/party.js'
import { peers, rowOf, the } from '../lib/rows.js'

/** @import { Contender } from '../contenders/index.js' */
/** @import { Place } from '../lib/database.js' */
/** @import { Workload } from './index.js' */

const ONE = 'one at a time'
const EACH = 'eram'
const WORKED = 'eram, worked off'

/** @type {Workload} */
export const enqueue = {
  about: 'puts jobs in: one at a time, in flight together, in bulk, and in transactions of pg',
  peers: true,
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
    { key: 'peers', title: '× best peer', digits: 2, over: { key: 'rate', to: 'best peer' } },
    { key: 'node', title: 'Node CPU µs/job', digits: 1 },
    { key: 'server', title: 'store CPU µs/job', digits: 1 },
  ],
  goals({ flight, bulk }) {
    const [flying, whole, transacted] = titles(flight, bulk)
    return [
      { what: `${ONE}: at least 0.9 × raw SQL`, of: EACH, in: ONE, key: 'rate', least: { times: 0.9, among: the('raw') } },
      ...[EACH, WORKED].flatMap((of) => [
        {
          what: `${flying}: ${of} at least as fast as BullMQ on Redis`,
          of,
          in: flying,
          key: 'rate',
          least: { times: 1, among: peers({ store: 'redis' }) },
        },
        {
          what: `${flying}: ${of} at least 10 × the best peer on PostgreSQL`,
          of,
          in: flying,
          key: 'rate',
          least: { times: 10, among: peers({ store: 'postgresql' }) },
        },
      ]),
      {
        what: `${transacted}: with workers to be woken at least 0.9 × without`,
        of: WORKED,
        in: transacted,
        key: 'rate',
        least: { times: 0.9, among: (row) => row.name === EACH },
      },
      { what: `${transacted}: at least 8 × the best peer`, of: WORKED, in: transacted, key: 'rate', least: { times: 8, among: peers() } },
      { what: `${whole}: at least 2.5 × the best peer`, of: EACH, in: whole, key: 'rate', least: { times: 2.5, among: peers() } },
    ]
  },

  async run({ contenders, stores, client, options: { flight, bulk, seconds, runs }, absent, attempt }) {
    const [flying, whole, transacted] = titles(flight, bulk)
    const ways = [
      { title: ONE, way: 'one', size: 1 },
      { title: flying, way: 'flight', size: flight },
      { title: whole, way: 'bulk', size: bulk },
      { title: transacted, way: 'transactions', size: flight },
    ]
    for (let run = 1; run <= runs; run++) {
      for (const { title, way, size } of ways) {
        for (const { name, contender } of contenders) {
          const turns = [{ row: rowOf(name, contender, { in: title }), worked: false }]
          if (name === 'eram') turns.push({ row: rowOf(name, contender, { in: title, of: 'worked off' }), worked: true })
          for (const { row, worked } of turns) {
            if (way === 'transactions' && contender.cannot.transactions !== undefined) {
              absent(row, contender.cannot.transactions)
              continue
            }
            await attempt(row, run, () =>
              inPlace(contender, stores, (place) =>
                worked
                  ? beside(place, () => once(name, contender, place, { way, size, heard: true }))
                  : once(name, contender, place, { way, size, heard: false }),
              ),
            )
          }
        }
      }
    }

    /**
     * @param {string} name
     * @param {Contender} contender
     * @param {Place} place
     * @param {{ way: string, size: number, heard: boolean }} options
     */
    async function once(name, contender, place, options) {
      const party = await Party.prepare('enqueue', { contender: name, place, seconds, ...options })
      const clock = await storeClock(contender.store, client, stores)
      const before = clock()
      const { cpu, jobs, ms } = await party.run()
      const after = clock()
      await party.ended()
      return { rate: (jobs / ms) * 1000, node: cpu / jobs, server: perJob(before, after, jobs) }
    }
  },
}

/** @param {number} flight @param {number} bulk */
const titles = (flight, bulk) =>
  /** @type {const} */ ([`${flight} in flight`, `bulk of ${bulk.toLocaleString('en')}`, `${flight} transactions`])

/**
 * Meanwhile an engine works off what comes.
 * @template T
 * @param {Place} place
 * @param {() => Promise<T>} task
 */
async function beside({ url, prefix }, task) {
  const party = await Party.prepare('worker', { place: { url, prefix } })
  const done = party.run()
  const result = await task()
  party.stop()
  await done
  await party.ended()
  return result
}
