// How fast jobs that do nothing are drained: claimed, performed, and acknowledged in the store.
import { others, rowOf, the } from '../lib/goals.js'
import { drained } from '../lib/measure.js'

/** @import { Workload } from './index.js' */
/** @import { As } from '../competitors/index.js' */
/** @typedef {{ jobs: number, bytes: number }} Load */
/** @typedef {{ as: As, of?: string, limit?: number, threads?: number }} Way */

const TUNED = 'eram, limit 100'
const DEFAULT_LIMIT = 10
const NEW = `eram, limit ${DEFAULT_LIMIT}`

/** @type {Workload} */
export const drain = {
  about: 'drains jobs that do nothing and are in the store before the clock starts',
  compares: true,
  ways: ['tuned', 'defaults'],
  options: {
    jobs: { value: [200_000, 20_000], about: 'how many, each a case; slow competitors get fewer' },
    bytes: { value: [100, 2000], about: 'of arguments; the second and others with the fewest jobs only' },
    limit: { value: [100, 10], about: 'limits of a queue of EramJS; 10 is the default' },
    threads: { value: 1, about: 'job threads of EramJS' },
    batch: { value: 1000, about: 'jobs that raw SQL claims at once' },
  },
  seconds: 120,
  columns: [
    { key: 'jobs', title: 'jobs', digits: 0 },
    { key: 'rate', title: 'jobs/s', digits: 0 },
    { key: 'ratio', title: '× raw', digits: 2, over: { key: 'rate', to: 'raw SQL' } },
    { key: 'others', title: '× best other', digits: 2, over: { key: 'rate', to: 'best other' } },
    { key: 'node', title: 'Node CPU µs/job', digits: 1 },
    { key: 'server', title: 'store CPU µs/job', digits: 1 },
    { key: 'lag', title: 'main thread lag p99 ms', digits: 2 },
  ],
  goals({ jobs, bytes }) {
    const tuned = { of: TUNED, key: 'rate' }
    const node = { of: TUNED, key: 'node' }
    return [
      { what: 'tuned: at least 2.5 × the best other', ...tuned, least: { times: 2.5, among: others({ as: 'tuned' }) } },
      { what: 'tuned: at least 0.9 × raw SQL', ...tuned, least: { times: 0.9, among: the('raw') } },
      {
        what: 'defaults: at least 8 × the best other with defaults',
        of: NEW,
        in: title(defaultsCase(jobs, bytes)),
        key: 'rate',
        least: { times: 8, among: others({ as: 'defaults' }) },
      },
      { what: 'tuned: Node CPU of at most 4 µs a job', ...node, most: 4 },
      { what: 'tuned: Node CPU of at most a quarter of the best other', ...node, most: { times: 0.25, among: others({ as: 'tuned' }) } },
      { what: 'tuned: lag of the main thread below 5 ms', of: TUNED, key: 'lag', most: 5 },
    ]
  },

  async run({ competitors, client, stores, options: { jobs, bytes, limit, threads, batch, runs }, attempt }) {
    /** @type {Load[]} */
    const cases = [
      ...jobs.map((/** @type {number} */ jobs) => ({ jobs, bytes: bytes[0] })),
      ...bytes.slice(1).map((/** @type {number} */ bytes) => ({ jobs: Math.min(...jobs), bytes })),
    ]
    const withDefaults = title(defaultsCase(jobs, bytes))
    /** @param {string} name @param {Load} load @returns {Way[]} */
    const ways = (name, load) => {
      if (name === 'raw') return [{ as: 'tuned', limit: batch }]
      const ofEram = (/** @type {number} */ limit) => ({
        as: limit === DEFAULT_LIMIT ? 'defaults' : 'tuned',
        of: `limit ${limit}`,
        limit,
        threads,
      })
      if (name === 'eram') return limit.map(ofEram)
      return title(load) === withDefaults ? [{ as: 'tuned' }, { as: 'defaults' }] : [{ as: 'tuned' }]
    }
    for (let run = 1; run <= runs; run++) {
      for (const load of cases) {
        for (const { name, competitor } of competitors) {
          for (const work of ways(name, load)) {
            const fewer = { ...load, jobs: Math.min(load.jobs, competitor.drainAtMost?.[work.as] ?? Infinity) }
            const row = rowOf(name, competitor, { as: work.as, of: work.of, in: title(load) })
            const what = { name, competitor, client, stores, load: fewer, work: { kind: 'noop', ...work } }
            await attempt(row, run, async () => ({ jobs: fewer.jobs, ...(await drained(what)) }))
          }
        }
      }
    }
  },
}

/** The case in which others run with their defaults as well: in larger ones, they would take too long. @param {number[]} jobs @param {number[]} bytes @returns {Load} */
const defaultsCase = (jobs, [bytes = 0]) => ({ jobs: Math.min(...jobs), bytes })

/** @param {Load} load */
const title = ({ jobs, bytes }) => `${jobs.toLocaleString('en')} jobs of ${bytes} bytes`
