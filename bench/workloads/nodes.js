// Several processes on one queue: whether they get in each other's way, and how often they look in vain.

import { drainedBy } from '../lib/crew.js'
import { fill } from '../lib/database.js'

/** @import { Client } from 'pg' */
/** @import { Workload } from './index.js' */

/** @param {number} nodes */
const named = (nodes) => (nodes === 1 ? '1 process' : `${nodes} processes`)

/** @type {Workload} */
export const nodes = {
  about: 'drains one queue by several processes',
  options: {
    nodes: { value: [1, 2, 4, 8], about: 'processes' },
    jobs: { value: 300_000, about: 'to be done' },
    limit: { value: 100, about: 'of the queue on each' },
  },
  suite: { runs: 3 },
  seconds: 40,
  columns: [
    { key: 'rate', title: 'jobs/s', digits: 0 },
    { key: 'fetches', title: 'fetches', digits: 0 },
    { key: 'vain', title: 'in vain %', digits: 1 },
    { key: 'node', title: 'Node CPU µs/job', digits: 1 },
    { key: 'server', title: 'PostgreSQL CPU µs/job', digits: 1 },
  ],
  goals: [
    ...[2, 4].map((nodes) => ({
      what: `${named(nodes)}: not slower than ${named(nodes / 2)}`,
      of: named(nodes),
      key: 'rate',
      least: { times: 1, among: (/** @type {{ name: string }} */ row) => row.name === named(nodes / 2) },
    })),
    ...[2, 4].map((nodes) => ({ what: `${named(nodes)}: at most 10 % of the fetches in vain`, of: named(nodes), key: 'vain', most: 10 })),
  ],

  async run({ place, client, options: { nodes, jobs, limit, runs }, record }) {
    for (let run = 1; run <= runs; run++) {
      for (const count of nodes) {
        const figures = await drainedBy({
          place,
          client,
          nodes: count,
          limit,
          // While the jobs are put in, they hear of each other.
          options: { heartbeat_interval: 500 },
          async fill() {
            await fill(client, jobs)
            await forget(client)
            return jobs
          },
        })
        // Their connections have ended, and told what they did.
        const { all, found } = await looks(client)
        record(named(count), run, { ...figures, fetches: all, vain: 100 * (1 - found / all) })
      }
    }
  },
}

/**
 * The same index anew, which nobody has looked into yet. Servers count late, but under the number of the old one.
 * @param {Client} client
 */
async function forget(client) {
  const { rows } = await client.query(`SELECT pg_get_indexdef('eram_jobs_fetch_index'::regclass) AS made`)
  await client.query('DROP INDEX eram_jobs_fetch_index')
  await client.query(rows[0].made)
}

/**
 * How often somebody has looked for what is available: each fetch does once, and the heartbeats do now and then. A fetch that finds
 * something leaves its time and its producer in the rows.
 * @param {Client} client
 */
async function looks(client) {
  const { rows } = await client.query(
    `SELECT pg_stat_get_numscans('eram_jobs_fetch_index'::regclass)::int AS all,
       (SELECT count(DISTINCT (attempted_at, attempted_by[2]))::int FROM eram_jobs) AS found`,
  )
  return rows[0]
}
