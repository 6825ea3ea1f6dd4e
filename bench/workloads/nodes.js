// Several processes on one queue: whether they slow each other down, and how many of their fetches find nothing.
import { drainedByNodes } from '../lib/measure.js'
import { clear, fill } from '../lib/stores.js'

/** @import { Client } from 'pg' */
/** @import { Row, Workload } from './index.js' */

/** @param {number} nodes */
const named = (nodes) => (nodes === 1 ? '1 process' : `${nodes} processes`)

/** @type {Workload} */
export const nodes = {
  about: 'drains one queue with several processes',
  seconds: 40,
  options: {
    runs: { value: 3, about: 'of each number, in turns' },
    nodes: { value: [1, 2, 4, 8], about: 'processes' },
    jobs: { value: 300_000, about: 'to be done' },
  },
  goals: () =>
    [2, 4].flatMap((nodes) => {
      const [of, half] = [named(nodes), named(nodes / 2)]
      const least = { times: 1, among: (/** @type {Row} */ row) => row.name === half }
      return [
        { what: `${of}: not slower than ${half}`, of, key: 'rate', least },
        { what: `${of}: at most 10 % of the fetches in vain`, of, key: 'vain', most: 10 },
      ]
    }),

  turns({ target, stores, client, options: { nodes: counts, jobs } }) {
    const filled = async () => {
      await clear(client)
      await fill(client, jobs)
      await resetScans(client)
    }
    // While the jobs are enqueued, the nodes learn of each other.
    const options = { heartbeat_interval: 500 }
    return counts.map((/** @type {number} */ nodes) => ({
      row: { name: named(nodes) },
      async measure() {
        const figures = await drainedByNodes({ target, stores, client, jobs, fill: filled, nodes, options })
        // Their connections have ended, and reported their statistics.
        const { all, found } = await scans(client)
        return { ...figures, fetches: all, vain: 100 * (1 - found / all) }
      },
    }))
  },
}

/** Replaces the index by one without scans. The server counts late, but for the old one. @param {Client} client */
async function resetScans(client) {
  const { rows } = await client.query(`SELECT pg_get_indexdef('eram_jobs_fetch_index'::regclass) AS made`)
  await client.query('DROP INDEX eram_jobs_fetch_index')
  await client.query(rows[0].made)
}

/** Searches for available jobs: one per fetch, and some of the heartbeats. A fetch that finds jobs leaves its time and producer in them. @param {Client} client */
async function scans(client) {
  const { rows } = await client.query(
    `SELECT pg_stat_get_numscans('eram_jobs_fetch_index'::regclass)::int AS all,
       (SELECT count(DISTINCT (attempted_at, attempted_by[2]))::int FROM eram_jobs) AS found`,
  )
  return rows[0]
}
