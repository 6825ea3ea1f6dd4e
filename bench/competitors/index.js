// What is measured: raw SQL, EramJS, and other job queues. One line for each; everything else about a competitor is in its file.

/** @import { Client } from 'pg' */
/** @import { Stores, Target } from '../lib/stores.js' */

/**
 * @typedef {'postgresql' | 'redis'} Store
 * @typedef {'tuned' | 'defaults'} As  the fastest configuration in its documentation, or the one without any setting
 * @typedef {{ jobs: number, bytes: number }} Load  bytes: of the arguments as JSON
 * @typedef {'noop' | 'timed'} Kind  what a job does: nothing, or report when it began
 * @typedef {Record<string, any>} Args  of a job, as JSON
 *
 * @typedef {object} Competitor  the export of its file. Each target is its own: a schema, or a prefix of Redis keys
 * @property {string} name  as tables show it
 * @property {Store} store
 * @property {string} package  whose version is reported
 * @property {Record<string, string>} settings  what it runs with: `tuned`, `defaults`, or the name of a workload
 * @property {Record<string, string>} cannot  why it is not measured, by workload or, for enqueues in the caller's transaction, `transactions`
 * @property {Record<As, number>} [drainAtMost]  jobs that it drains in about ten seconds; it gets at most that many, and the table says so
 * @property {(target: Target) => Promise<unknown>} create  its tables
 * @property {(target: Target) => Promise<void>} destroy  all of it
 * @property {(target: Target, load: Load) => Promise<void>} fill  enqueues jobs in the fastest documented way
 * @property {(target: Target) => Promise<number>} unfinished  0 once every job is done and acknowledged. Called while the clock
 *   runs: it should be cheap
 * @property {(target: Target, work: Work) => Promise<Working>} work  starts a worker
 * @property {(target: Target, options: { kind: Kind, wakes: boolean }) => Promise<Enqueuer>} enqueuer  `wakes`: whether a worker may
 *   have to be notified; those that always notify ignore it
 *
 * @typedef {object} Work
 * @property {As} as
 * @property {Kind} kind
 * @property {(n: number, began: bigint) => void} [began]  of kind 'timed': args.n and process.hrtime.bigint(), in the calling process
 * @property {() => void} [done]  of another job queue: after each job
 * @property {string[]} [queues]  default: one, named default
 * @property {number} [limit]  of EramJS: jobs at once; default: by `as`
 * @property {boolean} [paused]  of raw SQL and EramJS: connected, but fetches nothing before begin()
 *
 * @typedef {{ begin?: () => Promise<void>, stop: () => Promise<void> }} Working
 *
 * @typedef {object} Enqueuer
 * @property {(args: Args) => Promise<unknown>} one  resolves after the commit; many calls may be in flight
 * @property {(args: Args[]) => Promise<unknown>} bulk
 * @property {((client: Client, args: Args) => Promise<unknown>) | null} within  the transaction that is open on the client; null: see `cannot`
 * @property {() => Promise<unknown>} close
 */

/** In the order of their turns. @type {Record<string, () => Promise<Competitor>>} */
const COMPETITORS = {
  raw: async () => (await import('./raw.js')).raw,
  eram: async () => (await import('./eram.js')).eram,
  'graphile-worker': async () => (await import('./graphile-worker.js')).graphileWorker,
  'pg-boss': async () => (await import('./pg-boss.js')).pgBoss,
  'bullmq-redis': async () => (await import('./bullmq.js')).onRedis,
  'bullmq-postgres': async () => (await import('./bullmq.js')).onPostgres,
}

export const NAMES = Object.keys(COMPETITORS)

/** Whether it is another job queue, neither raw SQL nor EramJS. @param {string} name */
export const isOther = (name) => name !== 'raw' && name !== 'eram'

/** Why it takes no part in a workload; undefined if it does. @param {Competitor} competitor @param {string} workload @param {Stores} stores */
export const whyNot = ({ cannot, store }, workload, { whyNoRedis }) => cannot[workload] ?? (store === 'redis' ? whyNoRedis : undefined)

/** @param {string} name one of NAMES @returns {Promise<Competitor>} */
export const load = (name) => /** @type {() => Promise<Competitor>} */ (COMPETITORS[name])()
