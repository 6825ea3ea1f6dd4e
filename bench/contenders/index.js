// Who is measured: raw SQL, EramJS, and its peers. One line for each; everything else about a contender is in its file.

/** @import { Client } from 'pg' */
/** @import { Place } from '../lib/database.js' */

/**
 * @typedef {'postgresql' | 'redis'} Store
 * @typedef {'tuned' | 'defaults'} As  the best that its documentation offers, or what one has who sets nothing
 * @typedef {{ jobs: number, bytes: number, queue?: string }} Load  bytes of the arguments as JSON: 100 or 2000, see lib/payload.js
 * @typedef {'noop' | 'timed' | 'cpu'} Kind  what perform does: nothing; tell when it began; spin(args) of lib/spin.js
 *
 * @typedef {object} Contender  the export `contender` of its file. Places are of its own: nothing else is in that schema
 * @property {string} name  as tables show it
 * @property {Store} store
 * @property {string} package  whose version is told; of the checkout or of bench/peers
 * @property {Record<string, string>} settings  in words, by workload or else by `tuned` and `defaults`: what it runs with
 * @property {Record<string, string>} cannot  by workload, or `transactions` for enqueues in the caller's: why it is not measured there. Told, never
 *   silently left out
 * @property {number | Record<As, number>} [drainAtMost]  jobs that it drains in about ten seconds; of more it gets so many, and the table says so
 * @property {(place: Place) => Promise<unknown>} create  its tables
 * @property {(place: Place) => Promise<void>} destroy  nothing of it is left
 * @property {(place: Place, load: Load) => Promise<void>} fill  puts jobs that do nothing into the store in the fastest documented way, then lets the store settle
 * @property {(place: Place) => Promise<number>} unfinished  0 when every job is done and acknowledged in the store, else 1 or more. Asked
 *   over and over while the clock runs: the cheaper, the better
 * @property {(place: Place, work: Work) => Promise<Working>} work  begins at once
 * @property {(place: Place, work: Work) => Promise<Poised>} [poised]  the same, started and connected, but nothing is fetched before
 *   begin(): so that a drain measures no start-up. Without it, work() is called when the clock starts
 * @property {(place: Place, what: Enqueuing) => Promise<Enqueuer>} enqueuer
 *
 * @typedef {object} Work
 * @property {As} as
 * @property {Kind} kind
 * @property {(n: number, began: bigint) => void} [began]  of kind 'timed', in the process of this call: args.n, process.hrtime.bigint()
 * @property {() => void} [done]  for each job that is done, cheaply, in the process of this call. May be left out by those with threads
 * @property {string[]} [queues]  default: one, called default
 * @property {number} [limit]  jobs at once; default: its own choice for `as`
 * @property {number} [threads]  for kind 'cpu', where threads or processes are to be had
 *
 * @typedef {{ stop: () => Promise<void> }} Working
 * @typedef {Working & { begin: () => Promise<void> }} Poised
 *
 * @typedef {{ kind: Kind, heard: boolean, queue?: string }} Enqueuing  heard: somebody is to be woken; those that always do need not
 *   look at it. queue: default, as that of a load
 *
 * @typedef {Record<string, any>} Args  JSON
 *
 * @typedef {object} Enqueuer
 * @property {(args: Args) => Promise<unknown>} one  resolves when it is committed. Called many times without waiting, it is to make the best of it
 * @property {(args: Args[]) => Promise<unknown>} bulk
 * @property {((client: Client, args: Args) => Promise<unknown>) | null} within  in the transaction that is open on the client; null: it cannot, and
 *   says why in `cannot.transactions`
 * @property {() => Promise<void>} close
 */

/** @type {Record<string, () => Promise<{ contender: Contender }>>} */
const CONTENDERS = {
  raw: () => import('./raw.js'),
  eram: () => import('./eram.js'),
  'graphile-worker': () => import('./graphile-worker.js'),
  'pg-boss': () => import('./pg-boss.js'),
  'bullmq-redis': () => import('./bullmq-redis.js'),
  'bullmq-postgres': () => import('./bullmq-postgres.js'),
  sidequest: () => import('./sidequest.js'),
}

/** Not peers: what they are compared with. */
const OURS = ['raw', 'eram']

/** In the order in which they take their turns. */
export const NAMES = Object.keys(CONTENDERS)

/** @param {string} name */
export const isPeer = (name) => !OURS.includes(name)

/** @param {string} name one of NAMES */
export async function load(name) {
  const { contender } = await /** @type {() => Promise<{ contender: Contender }>} */ (CONTENDERS[name])()
  return contender
}
