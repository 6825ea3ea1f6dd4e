// What happens when, and what each job will do: a function of the seed. How the machine keeps up with it is not.
import { randomFrom } from '../crash/random.js'

/** @typedef {(limit: number) => number} Random */
/** @typedef {{ key: string, worker: string, queue: string, args: { key: string, kind: Kind, ms: number, n: number }, cancel?: number, [option: string]: any }} Draft */
/** @typedef {'commit' | 'rollback' | 'plain' | 'bulk' | 'once' | 'turn'} Way */
/** @typedef {{ name: string, at: number, way: Way, drafts: Draft[] }} Batch  at: milliseconds from the beginning */
/** @typedef {'kill' | 'freeze' | 'stop'} NodeFault */
/** @typedef {{ after: number, what: NodeFault, ms: number }} NodeEvent  after: since the node was well; ms: how long it is away */
/** @typedef {{ at: number, mode: 'fast' | 'immediate' | 'kill', ms: number }} ServerEvent */
/** @typedef {keyof typeof KINDS} Kind */

export const NODES = ['a', 'b', 'c']

/** Queues, and how many of their jobs a node runs at once. */
export const QUEUES = { fast: 20, mixed: 10, slow: 5, transfers: 10, wild: 10, held: 20 }

/** Whose connections are cut: those of a node, those of its jobs, those that enqueue. */
export const CONNECTIONS = [...NODES, ...NODES.map((node) => `jobs of ${node}`), 'callers']

/** Entries whose yearly tick is made due again and again. */
export const YEARLY = ['yearly 1', 'yearly 2', 'yearly 3']

/**
 * Kinds of jobs: how many in ten thousand, the states that they may end in, and options. `n` is how often they do at first what
 * they are named after; then they do what the others do: have their effect.
 */
export const KINDS = /** @satisfies {Record<string, { share: number, ends: string[], queue?: string, options?: object }>} */ ({
  success: { share: 5800, ends: ['completed'] },
  fail: { share: 1100, ends: ['completed'] },
  transfer: { share: 1000, ends: ['completed'], queue: 'transfers' },
  transferFail: { share: 200, ends: ['completed'], queue: 'transfers' },
  exhaust: { share: 300, ends: ['discarded'], options: { max_attempts: 3 } },
  discard: { share: 400, ends: ['discarded'] },
  cancel: { share: 400, ends: ['cancelled'] },
  snooze: { share: 400, ends: ['completed'] },
  /** Waits to be cancelled from outside. */
  hold: { share: 100, ends: ['cancelled'], queue: 'held' },
  /** Is cancelled from outside while it may be anything. */
  race: { share: 150, ends: ['completed', 'cancelled'] },
  /** Longer than its timeout: heeds the abort, or ignores it, or blocks the thread. */
  late: { share: 60, ends: ['completed'], queue: 'slow', options: { timeout: 1000 } },
  deaf: { share: 30, ends: ['completed'], queue: 'slow', options: { timeout: 1000 } },
  spin: { share: 10, ends: ['completed'], queue: 'wild', options: { timeout: 1000 } },
  expire: { share: 20, ends: ['discarded'], queue: 'slow', options: { timeout: 300, max_attempts: 2 } },
  /** Ends its thread, with its code on the stack or not; `poison` each time. */
  exit: { share: 20, ends: ['completed'], queue: 'wild' },
  poison: { share: 10, ends: ['discarded'], queue: 'wild' },
})

/** The kinds that have an effect when they complete. */
export const FRUITFUL = Object.keys(KINDS).filter((kind) => KINDS[/** @type {Kind} */ (kind)].ends.includes('completed'))

/** Enqueued at once by so many callers, of which one rolls back. */
export const CALLERS = 4
/** What jobs take turns at. */
const TURNS = 10

/**
 * @param {{ seed: number, seconds: number, jobs: number }} options
 */
export function planOf({ seed, seconds, jobs }) {
  // Each part has numbers of its own, so that a change of one leaves the others as they were.
  const [forJobs, forServer, forCuts, ...forNodes] = Array.from({ length: 6 }, (_, i) => randomFrom(seed + i))
  const end = seconds * 1000
  return {
    batches: batches(/** @type {Random} */ (forJobs), jobs, end),
    nodes: forNodes.map((random) => nodeEvents(random, end)),
    server: serverEvents(/** @type {Random} */ (forServer), end),
    cuts: moments(/** @type {Random} */ (forCuts), 1000, 7000, end).map((at) => ({
      at,
      whose: CONNECTIONS[/** @type {Random} */ (forCuts)(CONNECTIONS.length)] ?? '',
    })),
  }
}

/** @param {Random} random @param {number} jobs @param {number} end */
function batches(random, jobs, end) {
  /** @type {Batch[]} */
  const all = []
  for (let left = jobs; left > 0; ) {
    const dice = random(100)
    // A third of those in a transaction roll back.
    const way = dice < 34 ? 'commit' : dice < 51 ? 'rollback' : dice < 75 ? 'plain' : dice < 86 ? 'bulk' : dice < 93 ? 'once' : 'turn'
    const isUnique = way === 'once' || way === 'turn'
    const name = `${all.length}`
    const size = isUnique ? 1 : 1 + random(Math.min(left, 40))
    const drafts = Array.from({ length: size }, (_, i) => draft(random, `${name}:${i}`, isUnique ? 'success' : undefined))
    if (way === 'once') Object.assign(drafts[0] ?? {}, { unique: { fields: ['args'], keys: ['key'], period: 'infinity' } })
    if (way === 'turn') {
      const unique = { fields: ['args'], keys: ['turn'], period: 'infinity', states: 'incomplete' }
      for (const each of drafts) Object.assign(each, { unique, args: { ...each.args, turn: random(TURNS), ms: random(400) } })
    }
    all.push({ name, at: random(end), way, drafts })
    if (way !== 'rollback') left -= size
  }
  return all.sort((a, b) => a.at - b.at)
}

/** @param {Random} random @param {string} key @param {Kind} [given] @returns {Draft} */
function draft(random, key, given) {
  const kind = given ?? anyKind(random(10_000))
  const { queue = ['fast', 'fast', 'mixed', 'mixed', 'slow', 'wild'][random(6)], options } = /** @type {any} */ (KINDS[kind])
  const isTransfer = kind === 'transfer' || kind === 'transferFail'
  return {
    key,
    worker: isTransfer ? 'TransferJob' : 'ChaosJob',
    queue,
    args: { key, kind, ms: queue === 'slow' ? random(200) : random(25), n: 1 + random(2) },
    max_attempts: 60,
    backoff: { base: 0.2, factor: 2, max: 2, jitter: 0.5 },
    priority: random(3),
    ...(random(8) === 0 && { schedule_in: 1 + random(8) }),
    ...((kind === 'hold' || kind === 'race') && { cancel: random(4000) }),
    ...options,
  }
}

/** @param {number} dice below 10,000 @returns {Kind} */
function anyKind(dice) {
  let below = 0
  for (const [kind, { share }] of Object.entries(KINDS)) {
    below += share
    if (dice < below) return /** @type {Kind} */ (kind)
  }
  return 'success'
}

/** @param {Random} random @param {number} end */
function nodeEvents(random, end) {
  /** @type {NodeEvent[]} */
  const events = []
  for (let at = 0; ; ) {
    const after = 1500 + random(Math.min(12_000, end / 5))
    const what = /** @type {NodeFault} */ (['kill', 'kill', 'freeze', 'stop'][random(4)])
    // Of the frozen, some longer than a silence may be.
    const ms = what === 'freeze' ? 1000 + random(Math.min(random(3) === 0 ? 39_000 : 6000, end / 4)) : random(4000)
    at += after + ms
    if (at > end) return events
    events.push({ after, what, ms })
  }
}

/** @param {Random} random @param {number} end */
function serverEvents(random, end) {
  return moments(random, end > 60_000 ? 15_000 : 4000, 45_000, end).map((at) => {
    const mode = /** @type {ServerEvent['mode']} */ (['fast', 'immediate', 'kill'][random(3)])
    return { at, mode, ms: random(6000) }
  })
}

/** Moments with `least` to `most` milliseconds between them. @param {Random} random @param {number} least @param {number} most @param {number} end */
function moments(random, least, most, end) {
  const all = []
  for (let at = least + random(Math.min(most, end) - least); at < end; at += least + random(most - least)) all.push(at)
  return all
}
