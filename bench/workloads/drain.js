// How fast jobs that do nothing are worked off: claimed, performed, and acknowledged in the store.

import { drained } from '../lib/drained.js'
import { peers, rowOf, the } from '../lib/rows.js'

/** @import { Workload } from './index.js' */
/** @import { As, Contender } from '../contenders/index.js' */
/** @typedef {{ jobs: number, bytes: number }} Load */

const TUNED = 'eram, limit 100'
const USUAL = 10
const NEW = `eram, limit ${USUAL}`

/** @type {Workload} */
export const drain = {
  about: 'works off jobs that do nothing and are in the store before the clock starts',
  peers: true,
  ways: ['tuned', 'defaults'],
  options: {
    jobs: { value: [200_000, 20_000], about: 'how many, each a case; those who would take too long get fewer' },
    bytes: { value: [100, 2000], about: 'of arguments; the second and others with the fewest jobs only' },
    limit: { value: [100, 10], about: 'limits of a queue of EramJS; 10 is what one has who sets nothing' },
    threads: { value: 1, about: 'job threads of EramJS' },
    batch: { value: 1000, about: 'jobs that raw SQL claims at once' },
  },
  seconds: 120,
  columns: [
    { key: 'jobs', title: 'jobs', digits: 0 },
    { key: 'rate', title: 'jobs/s', digits: 0 },
    { key: 'ratio', title: '× raw', digits: 2, over: { key: 'rate', to: 'raw SQL' } },
    { key: 'peers', title: '× best peer', digits: 2, over: { key: 'rate', to: 'best peer' } },
    { key: 'node', title: 'Node CPU µs/job', digits: 1 },
    { key: 'server', title: 'store CPU µs/job', digits: 1 },
    { key: 'lag', title: 'main thread lag p99 ms', digits: 2 },
  ],
  goals: ({ jobs, bytes }) => [
    {
      what: 'tuned: at least 2.5 × the best peer',
      of: TUNED,
      key: 'rate',
      least: { times: 2.5, among: peers({ as: 'tuned' }) },
    },
    {
      what: 'tuned: at least 0.9 × raw SQL',
      of: TUNED,
      key: 'rate',
      least: { times: 0.9, among: the('raw') },
    },
    {
      what: 'out of the box: at least 8 × the best peer that is not set up',
      of: NEW,
      in: title(newcomers(jobs, bytes)),
      key: 'rate',
      least: { times: 8, among: peers({ as: 'defaults' }) },
    },
    { what: 'tuned: Node CPU of at most 4 µs a job', of: TUNED, key: 'node', most: 4 },
    {
      what: 'tuned: Node CPU of at most a quarter of the best peer',
      of: TUNED,
      key: 'node',
      most: { times: 0.25, among: peers({ as: 'tuned' }) },
    },
    { what: 'tuned: lag of the main thread below 5 ms', of: TUNED, key: 'lag', most: 5 },
  ],

  async run({ contenders, client, stores, options: { jobs, bytes, limit, threads, batch, runs }, attempt }) {
    const cases = [
      ...jobs.map((/** @type {number} */ jobs) => ({ jobs, bytes: bytes[0] })),
      ...bytes.slice(1).map((/** @type {number} */ bytes) => ({ jobs: Math.min(...jobs), bytes })),
    ]
    const newest = title(newcomers(jobs, bytes))
    /** @param {string} name @param {Load} load @returns {{ as: As, of?: string, limit?: number, threads?: number }[]} */
    const ways = (name, load) => {
      if (name === 'raw') return [{ as: 'tuned', limit: batch }]
      if (name === 'eram')
        return limit.map((/** @type {number} */ limit) => ({
          as: limit === USUAL ? 'defaults' : 'tuned',
          of: `limit ${limit}`,
          limit,
          threads,
        }))
      return title(load) === newest ? [{ as: 'tuned' }, { as: 'defaults' }] : [{ as: 'tuned' }]
    }
    for (let run = 1; run <= runs; run++) {
      for (const load of cases) {
        for (const { name, contender } of contenders) {
          for (const work of ways(name, load)) {
            const most = atMost(contender, work.as)
            const fewer = { ...load, jobs: Math.min(load.jobs, most) }
            const row = rowOf(name, contender, { as: work.as, of: work.of, in: title(load) })
            await attempt(row, run, async () => ({
              jobs: fewer.jobs,
              ...(await drained({ name, contender, client, stores, load: fewer, work: { kind: 'noop', ...work } })),
            }))
          }
        }
      }
    }
  },
}

/**
 * The case in which peers run with their defaults, too: it would take them too long in others.
 * @param {number[]} jobs
 * @param {number[]} bytes
 * @returns {Load}
 */
const newcomers = (jobs, [bytes = 0]) => ({ jobs: Math.min(...jobs), bytes })

/** @param {Load} load */
const title = ({ jobs, bytes }) => `${jobs.toLocaleString('en')} jobs of ${bytes} bytes`

/** @param {Contender} contender @param {As} as */
function atMost({ drainAtMost = Infinity }, as) {
  return typeof drainAtMost === 'number' ? drainAtMost : drainAtMost[as]
}
