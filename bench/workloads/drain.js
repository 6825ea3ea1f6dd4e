// How fast jobs that do nothing are drained: claimed, performed, and acknowledged in the store.
import { others, rowOf, the } from '../lib/goals.js'
import { drained } from '../lib/measure.js'
import { BEST_OTHER } from '../lib/report.js'

/** @import { As, Load } from '../competitors/index.js' */
/** @import { Workload } from './index.js' */
/** @typedef {{ as: As, of?: string, limit?: number }} Way */

const TUNED = 'eram, limit 100'
const DEFAULT_LIMIT = 10

/** @type {Workload} */
export const drain = {
  about: 'drains jobs that do nothing and are in the store before the clock starts',
  seconds: 120,
  compares: true,
  options: {
    runs: { value: 5, about: 'of each competitor, in turns' },
    jobs: { value: [200_000, 20_000], about: 'how many, each a case; slow competitors get fewer' },
    bytes: { value: [100, 2000], about: 'of arguments; the second and others with the fewest jobs only' },
    limit: { value: [100, DEFAULT_LIMIT], about: `limits of a queue of EramJS; ${DEFAULT_LIMIT} is the default` },
  },
  ratios: { ratio: 'raw SQL', others: BEST_OTHER },
  goals({ jobs, bytes }) {
    const rate = { of: TUNED, key: 'rate' }
    const node = { of: TUNED, key: 'node' }
    const defaults = { of: `eram, limit ${DEFAULT_LIMIT}`, in: title(defaultsCase(jobs, bytes)), key: 'rate' }
    return [
      { what: 'tuned: at least 2.5 × the best other', ...rate, least: { times: 2.5, among: others({ as: 'tuned' }) } },
      { what: 'tuned: at least 0.9 × raw SQL', ...rate, least: { times: 0.9, among: the('raw') } },
      { what: 'defaults: at least 8 × the best other', ...defaults, least: { times: 8, among: others({ as: 'defaults' }) } },
      { what: 'tuned: Node CPU of at most 4 µs a job', ...node, most: 4 },
      { what: 'tuned: Node CPU of at most a quarter of the best other', ...node, most: { times: 0.25, among: others({ as: 'tuned' }) } },
      { what: 'tuned: lag of the main thread below 5 ms', of: TUNED, key: 'lag', most: 5 },
    ]
  },

  turns({ competitors, stores, options: { jobs, bytes, limit } }) {
    /** @type {Load[]} */
    const cases = [
      ...jobs.map((/** @type {number} */ jobs) => ({ jobs, bytes: bytes[0] })),
      ...bytes.slice(1).map((/** @type {number} */ bytes) => ({ jobs: Math.min(...jobs), bytes })),
    ]
    const as = (/** @type {number} */ limit) => (limit === DEFAULT_LIMIT ? 'defaults' : 'tuned')
    const ofEram = limit.map((/** @type {number} */ limit) => ({ as: as(limit), of: `limit ${limit}`, limit }))
    /** @param {string} name @param {string} title @returns {Way[]} */
    const ways = (name, title) => {
      if (name === 'eram') return ofEram
      return name === 'raw' || title !== withDefaults ? [{ as: 'tuned' }] : [{ as: 'tuned' }, { as: 'defaults' }]
    }
    const withDefaults = title(defaultsCase(jobs, bytes))
    return cases.flatMap((load) =>
      competitors.flatMap((entry) =>
        ways(entry.name, title(load)).map(({ of, ...work }) => ({
          row: rowOf(entry, { as: work.as, of, in: title(load) }),
          async measure() {
            const jobs = Math.min(load.jobs, entry.competitor.drainAtMost?.[work.as] ?? load.jobs)
            return { jobs, ...(await drained(entry, stores, { ...load, jobs }, { kind: 'noop', ...work })) }
          },
        })),
      ),
    )
  },
}

/** The case in which others run with their defaults as well: in larger ones, they would take too long. @param {number[]} jobs @param {number[]} bytes @returns {Load} */
const defaultsCase = (jobs, [bytes = 0]) => ({ jobs: Math.min(...jobs), bytes })

/** @param {Load} load */
const title = ({ jobs, bytes }) => `${jobs.toLocaleString('en')} jobs of ${bytes} bytes`
