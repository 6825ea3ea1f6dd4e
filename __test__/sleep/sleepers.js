// Nodes that sleep, on a server of their own whose log shows every statement.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { EramEngine } from '../../index.js'
import { startPostgres } from '../../scripts/postgres.js'
import { startNode } from '../crash/nodes.js'
import { sql, until } from '../support/database.js'

/** Some time may pass until engines rest: @reboot entries wait for earlier nodes, counts for their bucket. */
const TIMEOUT = 120_000

/** @typedef {Awaited<ReturnType<typeof startNode>>} Node */
/** @typedef {Awaited<ReturnType<typeof clusterOf>>} Cluster */

/**
 * Runs a test on a server of its own, and kills the nodes that it leaves.
 *
 * @param {(cluster: Cluster) => Promise<void>} test
 */
export async function withSleepers(test) {
  const settings = { log_statement: 'all', log_line_prefix: '%n|%a|', shared_preload_libraries: 'pg_stat_statements' }
  const server = await startPostgres({ settings })
  const connection = await sql(server.url)
  // What this connection does is not counted.
  await connection.rows(`SET pg_stat_statements.track = 'none'`)
  await connection.rows('CREATE EXTENSION pg_stat_statements')
  const cluster = await clusterOf(server, connection)
  try {
    await test(cluster)
  } finally {
    await Promise.all(cluster.nodes.map((node) => node.kill()))
    await connection.end()
    await server.stop()
  }
}

/**
 * @param {import('../../scripts/postgres.js').Postgres} server
 * @param {Awaited<ReturnType<typeof sql>>} connection
 */
async function clusterOf(server, { rows, row }) {
  await EramEngine.migrate({ url: server.url })
  await rows('CREATE TABLE effects (job bigint NOT NULL, attempt integer NOT NULL, pid integer NOT NULL, at timestamptz DEFAULT now())')
  /** @type {Node[]} */
  const nodes = []
  const count = (/** @type {Node} */ node, /** @type {string} */ kind) => node.eventsOf(kind).length
  return {
    url: server.url,
    nodes,
    rows,
    row,
    /** @param {number} number @param {object} [options] */
    async start(number, options) {
      const schema = { url: server.url, prefix: 'public', rows }
      const idle = { after: 1000 }
      const all = { queues: { default: 5 }, heartbeat_interval: 500, idle, ...options }
      const begun = Array.from({ length: number }, (_, i) => startNode(schema, `node-${nodes.length + i}`, all))
      nodes.push(...(await Promise.all(begun)))
    },
    /** Resolves once all sleep that live; returns the database's time. @param {Node[]} [all] */
    async asleep(all = nodes) {
      await until(
        async () => {
          for (const node of all) assert.equal(count(node, 'engine:sleep'), count(node, 'engine:wake') + 1, `${node.name} sleeps`)
        },
        { timeout: TIMEOUT },
      )
      return now()
    },
    /** How often each has woken. */
    wakes: () => nodes.map((node) => count(node, 'engine:wake')),
    /** The last time that a node woke. @param {Node} node @param {number} before how often it had woken before */
    woken: (node, before) =>
      until(
        () => {
          const [event] = node.eventsOf('engine:wake').slice(before)
          assert.ok(event, `${node.name} has woken`)
          return event
        },
        { timeout: TIMEOUT },
      ),
    /** Enqueues by plain SQL, on the connection of the test. @param {object} [draft] */
    async enqueue(draft) {
      const { id } = await row('SELECT id::int FROM eram_enqueue_job($1::jsonb)', [JSON.stringify({ worker: 'EffectJob', ...draft })])
      return id
    },
    /** The row of a job that is done. @param {number} id */
    done: (id) =>
      until(
        async () => {
          const job = await row('SELECT *, extract(epoch FROM attempted_at - scheduled_at)::float AS late FROM eram_jobs WHERE id = $1', [
            id,
          ])
          assert.equal(job.state, 'completed')
          return job
        },
        { timeout: TIMEOUT },
      ),
    now,
    /** The statements of the nodes after a time of the database. @param {number} after */
    async statements(after) {
      const log = await readFile(server.logFile, 'utf8')
      const lines = [...log.matchAll(/^([\d.]+)\|(node-\d[^|]*)\|LOG: {2}(?:execute [^:]+|statement): (.*)/gm)]
      return lines.map(([, at, name, text = '']) => ({ at: Number(at), name, text })).filter(({ at }) => at > after)
    },
  }

  /** @returns {Promise<number>} */
  async function now() {
    return (await row('SELECT extract(epoch FROM clock_timestamp())::float AS at')).at
  }
}

/**
 * No node makes a statement for that time, by the log of the server and by its statistics.
 *
 * @param {Cluster} cluster @param {number} seconds
 */
export async function assertSilent({ now, rows, statements }, seconds) {
  // What plugins had begun when their engine fell asleep has ended.
  const begun = (await now()) + 2
  await until(async () => assert.ok((await now()) > begun))
  await rows('SELECT pg_stat_statements_reset()')
  await until(async () => assert.ok((await now()) > begun + seconds), { interval: 1000, timeout: (seconds + 60) * 1000 })
  assert.deepEqual(await statements(begun), [])
  assert.deepEqual(await rows('SELECT calls, query FROM pg_stat_statements'), [])
}
