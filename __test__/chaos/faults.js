// What befalls the nodes, the server and the connections, as the plan has it.
import { setTimeout as sleep } from 'node:timers/promises'
import { startNode } from '../crash/nodes.js'
import { NODES, QUEUES, YEARLY } from './plan.js'

/** @typedef {import('./cluster.js').Cluster} Cluster */
/** @typedef {import('../crash/nodes.js').Node} Node */

const PROGRAM = `${import.meta.dirname}/node.js`
const GRACE = 2000
/** Beside the grace: two farewells to a server that does not answer, of 5 s each, and time for a busy machine. */
const STOP_TAKES = GRACE + 2 * 5000 + 15_000

/** The nodes, one of each name at a time. */
export class Nodes {
  #cluster
  /** The last of each name. @type {Map<string, Node>} */
  #living = new Map()
  /** @type {Node[]} */
  #all = []
  /** Nodes that did not end as they should: what the verdict must know. @type {string[]} */
  failures = []

  /** @param {Cluster} cluster */
  constructor(cluster) {
    this.#cluster = cluster
  }

  /** @param {string} name */
  async start(name) {
    const { url, prefix } = this.#cluster
    const tick = { kind: 'success', ms: 5, n: 0 }
    const often = { max_attempts: 60, backoff: 'none', queue: 'fast' }
    const options = {
      signals: true,
      grace: GRACE,
      abort_grace: 1000,
      driver: { type: 'pg', config: { connectionString: url, max: 5, application_name: `jobs of ${name}` } },
      queues: QUEUES,
      cron: [
        ['* * * * *', 'ChaosJob', tick, { ...often, name: 'minute' }],
        ['* * * * *', 'ChaosJob', tick, { ...often, name: 'guaranteed minute', guaranteed: true }],
        ...YEARLY.map((yearly) => ['0 0 1 1 *', 'ChaosJob', tick, { ...often, name: yearly, guaranteed: true }]),
      ],
    }
    const node = await startNode({ url, prefix, program: PROGRAM, rows: this.#cluster.rows }, name, options, { NODE_NAME: name })
    this.#living.set(name, node)
    this.#all.push(node)
    this.#cluster.note(`node ${name} runs (pid ${node.pid})`)
    return node
  }

  async startAll() {
    await Promise.all(NODES.map((name) => this.start(name)))
  }

  /** Kills, freezes and stops one node after the other. @param {string} name @param {import('./plan.js').NodeEvent[]} events */
  async disturb(name, events) {
    for (const { after, what, ms } of events) {
      await sleep(after)
      const node = /** @type {Node} */ (this.#living.get(name))
      this.#cluster.note(`node ${name}: ${what}, ${ms} ms`)
      if (what === 'freeze') node.signal('SIGSTOP')
      else if (what === 'kill') this.#expect(name, await node.kill(), 'SIGKILL')
      else await this.stop(name)
      await sleep(ms)
      if (what === 'freeze') node.thaw()
      else await this.start(name)
      this.#cluster.note(`node ${name}: is back`)
    }
  }

  /** In good order, in bounded time. @param {string} name */
  async stop(name) {
    const node = /** @type {Node} */ (this.#living.get(name))
    const timer = setTimeout(() => {
      this.failures.push(`node ${name} (pid ${node.pid}) did not stop within ${STOP_TAKES} ms of SIGTERM`)
      node.kill()
    }, STOP_TAKES)
    this.#expect(name, await node.signal('SIGTERM'), 0)
    clearTimeout(timer)
  }

  /** @param {string} name @param {{ code: number | null, signal: string | null }} end @param {number | string} expected */
  #expect(name, { code, signal }, expected) {
    const got = signal ?? code
    if (got !== expected) this.failures.push(`node ${name}: expected it to end with ${expected}, got ${got}`)
  }

  async stopAll() {
    await Promise.all(NODES.map((name) => this.stop(name)))
  }

  killAll() {
    for (const node of this.#living.values()) node.kill()
  }

  /** What they told. */
  events() {
    return this.#all.flatMap(({ name, pid, events }) => events.map((event) => `node ${name} (pid ${pid}): ${JSON.stringify(event)}`))
  }
}

/** @param {Cluster} cluster @param {import('./plan.js').ServerEvent[]} events */
export async function disturbServer({ server, moment, note }, events) {
  for (const { at, mode, ms } of events) {
    await moment(at)
    note(`server: goes down (${mode}) for ${ms} ms`)
    if (mode === 'kill') await server.kill()
    else await server.down(mode)
    await sleep(ms)
    await server.up()
    note('server: is up')
  }
}

/** @param {Cluster} cluster @param {{ at: number, whose: string }[]} cuts */
export async function cutConnections({ rows, moment, note }, cuts) {
  for (const { at, whose } of cuts) {
    await moment(at)
    const cut = await rows(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()`,
      [whose],
    )
    note(`connections: cut ${cut.length} of ${whose}`)
  }
}

/**
 * Makes the yearly ticks due, each again as soon as it was made, until told to end; then the last of them will be made, and no
 * other.
 *
 * @param {Cluster} cluster
 * @param {AbortSignal} signal
 */
export async function rewindCrons({ rows }, signal) {
  while (!signal.aborted) {
    // The first time `last_at` is null although nothing is due.
    await rows(
      `WITH due AS (
         UPDATE eram_crons AS c
         SET last_at = NULL, since = date_trunc('year', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '1 day'
         WHERE c.name = ANY ($1) AND (c.last_at IS NOT NULL OR c.since > now() - interval '1 hour') AND NOT c.paused
         RETURNING c.name
       )
       INSERT INTO rewinds (name) SELECT name FROM due`,
      [YEARLY],
    )
    await sleep(300)
  }
}
